"""Where addresses are, for whoever asks in the collector."""

from collections.abc import Callable

from geo.lookup import Lookup
from geo.place import Place

Look = Callable[[str], Place | None]


class Places:
    """Asks the databases that are configured, and answers None where there is none."""

    def __init__(self, look: Look | None = None) -> None:
        self._look = look

    def of(self, address: str | None) -> Place | None:
        """Return the place of an address; None for what is no address, such as the name of a socket."""
        if self._look is None or not address:
            return None
        try:
            return self._look(address)
        except ValueError:
            return None


def from_files(lookup: Lookup) -> Places:
    """Return places out of MMDB files, which may come and go: while there are none, nothing is known."""
    return Places(lambda address: lookup.place(address) if lookup.databases else None)
