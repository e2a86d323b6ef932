"""The guest never breaks its host: unexpected errors end here, counted and logged, and tests can see them all the same."""

import logging
from collections.abc import Callable
from types import TracebackType
from typing import Final

from sdk_py.losses import Losses

log: Final = logging.getLogger("countersign")
log.addHandler(logging.NullHandler())

witnesses: Final[list[Callable[[Exception], None]]] = []
"""Called with each error that was swallowed; see `sdk_py.testing`."""


class Guard:
    """A context that swallows what goes wrong inside, once it is counted as `error`."""

    def __init__(self, losses: Losses) -> None:
        self._losses = losses

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> bool:
        if not isinstance(error, Exception):
            return False
        self._losses.add("error")
        log.debug("an error of the SDK's own was swallowed", exc_info=error)
        for witness in witnesses:
            witness(error)
        return True
