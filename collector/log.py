"""Logs: JSON lines, or for eyes where stderr is a terminal. What libraries log through `logging` comes out the same way."""

import logging
import sys
from typing import Any

import structlog

LEVELS = ("debug", "info", "warning", "error")


def configure(level: str, *, terminal: bool | None = None) -> None:
    """Send all logs to stderr from `level` up. Raises ValueError for a level that is none."""
    if level not in LEVELS:
        raise ValueError(f"log_level has to be one of {', '.join(LEVELS)}, not {level!r}")
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso"),
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=_last(terminal)))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # two lines at every look at the schema
    logging.getLogger("alembic").setLevel(logging.WARNING)
    # it says every reconnect twice, and none of it in our words: the relay says what matters
    logging.getLogger("aiokafka").setLevel(max(logging.getLevelNamesMapping()[level.upper()], logging.CRITICAL))


def _last(terminal: bool | None) -> list[Any]:
    if sys.stderr.isatty() if terminal is None else terminal:
        # the default for tracebacks prints local variables too, and with them secrets
        renderer = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        return [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer]
    return [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(),
    ]
