"""The part of History that says what machine this is: the newest DeviceFacts, cut to what detectors read."""

from dataclasses import dataclass
from typing import Final

from signals.types import Facts
from wire.schema import DeviceFacts

_TEXT: Final = 40
_USER_AGENT: Final = 128
_CARDS: Final = 8


@dataclass(frozen=True, slots=True)
class Machine:
    """DeviceFacts with bounded texts. `reported` is False until a client has told anything. `changes` counts later reports."""

    reported: bool = False
    changes: int = 0
    os: str | None = None
    os_version: str | None = None
    arch: str | None = None
    cpu: str | None = None
    hypervisor: bool | None = None
    hypervisor_vendor: str | None = None
    container: str | None = None
    cores: int | None = None
    memory_mb: int | None = None
    vendor: str | None = None
    product: str | None = None
    board: str | None = None
    bios: str | None = None
    mac_prefixes: tuple[str, ...] = ()
    gpu: str | None = None
    display_driver: str | None = None
    display_width: int | None = None
    display_height: int | None = None
    refresh_hz: float | None = None
    locale: str | None = None
    timezone: str | None = None
    utc_offset_min: int | None = None
    user_agent: str | None = None


def learn(machine: Machine, facts: Facts) -> Machine:
    """Return the newest machine: what the client reports later replaces what it said before."""
    if facts.device is None:
        return machine
    return _cut(facts.device, machine.changes + 1 if machine.reported else 0)


def _text(value: str | None, most: int = _TEXT) -> str | None:
    # one byte a character, so that what a hostile client sends stays small in the snapshot
    return None if value is None else value[:most].encode("ascii", "replace").decode()


def _cut(device: DeviceFacts, changes: int) -> Machine:
    return Machine(
        reported=True,
        changes=changes,
        os=_text(device.os),
        os_version=_text(device.os_version),
        arch=_text(device.arch),
        cpu=_text(device.cpu),
        hypervisor=device.hypervisor,
        hypervisor_vendor=_text(device.hypervisor_vendor),
        container=_text(device.container),
        cores=device.cores,
        memory_mb=device.memory_mb,
        vendor=_text(device.vendor),
        product=_text(device.product),
        board=_text(device.board),
        bios=_text(device.bios),
        mac_prefixes=tuple((_text(prefix, 8) or "").lower() for prefix in device.mac_prefixes[:_CARDS]),
        gpu=_text(device.gpu),
        display_driver=_text(device.display_driver),
        display_width=device.display_width,
        display_height=device.display_height,
        refresh_hz=device.refresh_hz,
        locale=_text(device.locale),
        timezone=_text(device.timezone),
        utc_offset_min=device.utc_offset_min,
        user_agent=_text(device.user_agent, _USER_AGENT),
    )
