"""Where addresses are, for whoever asks in the collector."""

from collections.abc import Callable, Iterable
from ipaddress import ip_address, ip_network

from geo.lookup import Lookup
from geo.place import Place

Look = Callable[[str], Place | None]


class Places:
    """Asks the databases that are configured, and answers None where there is none."""

    def __init__(self, look: Look | None = None, companies: Iterable[str] = ()) -> None:
        self._look = look
        self._companies = tuple(ip_network(text, strict=False) for text in companies)

    def of(self, address: str | None) -> Place | None:
        """Return the place of an address; None for what is no address, such as the name of a socket."""
        if self._look is None or not address:
            return None
        try:
            return self._look(address)
        except ValueError:
            return None

    def company(self, address: str) -> bool:
        """Tell whether an address is in one of the company networks that the settings name."""
        return bool(self._companies) and any(ip_address(address) in network for network in self._companies)


def from_files(lookup: Lookup, companies: Iterable[str] = ()) -> Places:
    """Return places out of MMDB files, which may come and go: while there are none, nothing is known."""
    return Places(lambda address: lookup.place(address) if lookup.databases else None, companies)
