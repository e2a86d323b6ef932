"""The ordered table of sources: what is gathered on a player's machine, one file each."""

from dataclasses import dataclass

from sdk_py.sources.actions import Actions
from sdk_py.sources.assets import Assets
from sdk_py.sources.clock import Clock
from sdk_py.sources.device import Device
from sdk_py.sources.frames import Frames
from sdk_py.sources.input import Input
from sdk_py.sources.integrity import Integrity


@dataclass(frozen=True, slots=True)
class Sources:
    """One of each."""

    device: Device
    """What machine this is."""
    clock: Clock
    """Monotonic and wall time, together."""
    input: Input
    """What the player's hands did."""
    frames: Frames
    """When frames were drawn."""
    actions: Actions
    """What happened in the game."""
    assets: Assets
    """What the game's files hold."""
    integrity: Integrity
    """Who else is in the process."""
