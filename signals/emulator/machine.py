"""The part of History that says what machine this is: the newest DeviceFacts, cut to what detectors read."""

from dataclasses import dataclass, fields
from typing import Any, Final

from signals.types import Facts
from wire.schema import DeviceFacts

_TEXT: Final = 40
_USER_AGENT: Final = 128
_CARDS: Final = 8
_UNREAD: Final = frozenset({"frozen", "python", "missing"})
_READ: Final = tuple(field.name for field in fields(DeviceFacts) if field.name not in _UNREAD)


@dataclass(frozen=True, slots=True)
class Machine(DeviceFacts):
    """DeviceFacts with bounded texts. `reported` is False until a client has told anything. `changes` counts later reports."""

    reported: bool = False
    changes: int = 0


def learn(machine: Machine, facts: Facts) -> Machine:
    """Return the newest machine: what the client reports later replaces what it said before."""
    if facts.device is None:
        return machine
    told: dict[str, Any] = {name: _cut(name, getattr(facts.device, name)) for name in _READ}
    return Machine(**told, reported=True, changes=machine.changes + 1 if machine.reported else 0)


def _cut(name: str, value: object) -> object:
    if isinstance(value, str):
        return _text(value, _USER_AGENT if name == "user_agent" else _TEXT)
    if isinstance(value, tuple):
        return tuple(_text(prefix, 8).lower() for prefix in value[:_CARDS])
    return value


def _text(value: str, most: int) -> str:
    # one byte a character, so that what a hostile client sends stays small in the snapshot
    return value[:most].encode("ascii", "replace").decode()
