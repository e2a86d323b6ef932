"""HTTP to the collector: one request at a time, bounded in time and size."""

import json
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final, Protocol

from sdk_py.version import VERSION

if TYPE_CHECKING:
    import httpx

THREAD_NAME: Final = "countersign"
"""Of the thread that sends."""
MAX_ANSWER: Final = 64 * 1024
MAX_RETRY_AFTER_S: Final = 3600.0


class Unreachable(Exception):
    """No answer came: refused, cut, too late, or too long to be one."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the collector said."""

    status: int
    body: bytes = b""
    code: str = ""
    """The problem's code, where the answer is a problem."""
    retry_after_s: float | None = None

    @property
    def ok(self) -> bool:
        """Whether the collector did as it was asked."""
        return 200 <= self.status < 300


class Transport(Protocol):
    """What a sender needs. Used from its thread only."""

    def open(self) -> None:
        """Get ready to post, without waiting for anybody. Called before each request. Raises Unreachable."""
        ...

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Return the answer to one request. Raises Unreachable."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


class HttpTransport:
    """Keeps one connection to one collector. httpx is loaded at the first request, in the thread that makes it."""

    def __init__(self, url: str, headers: Mapping[str, str], timeout: float = 10.0, via: "httpx.BaseTransport | None" = None) -> None:
        self._url = url.rstrip("/")
        self._headers = {"user-agent": f"countersign-sdk-py/{VERSION}", **headers}
        self._timeout = timeout
        self._via = via
        self._client: httpx.Client | None = None

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Return the answer; no redirect is followed. Raises Unreachable."""
        import httpx

        self.open()
        client = self._client
        assert client is not None
        deadline = time.monotonic() + self._timeout
        try:
            with client.stream("POST", self._url + path, content=body, headers=dict(headers)) as response:
                received = b""
                for chunk in response.iter_raw():  # no encoding was asked for, and nothing is unpacked
                    received += chunk
                    if len(received) > MAX_ANSWER or time.monotonic() > deadline:
                        raise Unreachable("the answer does not end")
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise Unreachable(f"{type(error).__name__}: {error}") from None
        return Answer(response.status_code, received, _code(response, received), _retry_after(response))

    def close(self) -> None:
        """Let go of the connection."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def open(self) -> None:
        """Load httpx and make its client, once."""
        if self._client is not None:
            return
        import ssl

        import httpx

        logging.getLogger("httpx").addFilter(_hush)
        # reading the list of authorities takes tens of milliseconds, which only TLS needs
        verify = True if self._url.lower().startswith("https:") else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._client = httpx.Client(
            verify=verify,
            headers=self._headers,
            timeout=httpx.Timeout(self._timeout, connect=min(5.0, self._timeout)),
            # longer than the pause between two batches, so that a session keeps its connection
            limits=httpx.Limits(max_connections=1, keepalive_expiry=60.0),
            transport=self._via,
        )
        for needless in ("accept-encoding", "connection"):
            del self._client.headers[needless]


class _Hush(logging.Filter):
    """Keeps httpx from writing a line into the game's log for each batch. Lines of other threads pass."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether the record is somebody else's."""
        return record.threadName != THREAD_NAME


_hush: Final = _Hush()


def _code(response: "httpx.Response", body: bytes) -> str:
    if "json" not in response.headers.get("content-type", ""):
        return ""
    try:
        problem = json.loads(body)
    except ValueError:
        return ""
    code = problem.get("code") if isinstance(problem, dict) else None
    return code if isinstance(code, str) else ""


def _retry_after(response: "httpx.Response") -> float | None:
    said = response.headers.get("retry-after")
    if said is None:
        return None
    try:
        seconds = float(said) if said.strip().isdigit() else parsedate_to_datetime(said).timestamp() - time.time()
    except ValueError:
        return None
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_S)
