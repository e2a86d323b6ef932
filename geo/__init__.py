"""Where an address is, what kind of network it is in, and how far and how fast somebody moved."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geo.lookup import Lookup

__all__ = ["Lookup"]


def __getattr__(name: str) -> Any:
    # the SDK's side never needs it, and it brings numpy and maxminddb
    if name == "Lookup":
        from geo.lookup import Lookup

        return Lookup
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
