"""Sizes, counts and skews that both sides keep to. The collector enforces them before it parses anything."""

from typing import Final

VERSION: Final = 1
"""The wire version this code speaks."""

MAX_BODY: Final = 64 * 1024
"""Bytes of a request body as sent (compressed, if it is)."""
MAX_PLAIN: Final = 512 * 1024
"""Bytes of a body after decompression."""
MAX_DEPTH: Final = 8
"""Nesting of maps and arrays in a body."""

MAX_EVENTS: Final = 2048
"""Input events in one batch."""
MAX_FRAMES: Final = 4096
"""Frames in one batch."""
MAX_ACTIONS: Final = 256
MAX_ASSETS: Final = 256
"""Asset digests in one batch; a game with more reports the rest in the batches after."""
MAX_PROBES: Final = 16
MAX_TEXT: Final = 256
"""Characters of any text: names, versions, product strings."""
MAX_LIST: Final = 32
"""Entries of any list of texts."""
MAX_ATTRIBUTES: Final = 16
"""Extra attributes of an action, and counters of losses."""

MAX_SEQ: Final = 2**31 - 1
MAX_SKEW_S: Final = 300.0
"""Seconds that a client's wall clock may be off in a hello before the hello is marked; it is evidence, not a reject."""
MAX_WALL_US: Final = 2**53
"""Any timestamp in microseconds stays exactly representable in JSON."""

MAX_PROBE_LENGTH: Final = 1 << 20
"""Bytes of a file that one probe may ask for."""
