"""Where addresses are, for whoever asks in the collector."""

from collections.abc import Callable

from geo.place import Place

Look = Callable[[str], Place | None]


class Places:
    """Asks the databases that are configured, and answers None where there is none."""

    def __init__(self, look: Look | None = None) -> None:
        self._look = look

    def of(self, address: str | None) -> Place | None:
        """Return the place of an address."""
        return self._look(address) if self._look is not None and address else None
