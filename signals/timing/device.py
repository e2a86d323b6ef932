"""Which calibration a session gets: that of its class of device, and the most careful one where the class is not plain.

What keyboards, screens and event queues do to intervals differs more between classes of devices than between people; thresholds that hold
on one class do not on another (docs/timing.md). A class that a client merely claims moves evidence by a few nats at most.
"""

from typing import Final

from signals.emulator.machine import Machine
from signals.timing.judge import ANY_DEVICE

DESKTOP: Final = "desktop"
PHONE: Final = "phone"
_CLASSES: Final = {"windows": DESKTOP, "darwin": DESKTOP, "macos": DESKTOP, "linux": DESKTOP, "android": PHONE, "ios": PHONE}
_NO_SCREEN: Final = frozenset({"dummy", "offscreen", "rdp"})


def device_class(machine: Machine) -> str:
    """Return the class that the model is calibrated for; `*` on virtual machines, without a screen, and where nothing was reported."""
    if machine.hypervisor or machine.container or machine.display_driver in _NO_SCREEN:
        return ANY_DEVICE
    return _CLASSES.get((machine.os or "").lower(), ANY_DEVICE)
