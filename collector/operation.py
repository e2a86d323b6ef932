"""One HTTP operation, declared once: the route, the authentication, the decoding and the OpenAPI entry come from it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from collector.problems import Problem
from collector.roles import Role
from wire import limits

if TYPE_CHECKING:
    from collector.service import Service


@dataclass(frozen=True, slots=True)
class Call:
    """One authenticated, bounded and decoded request, as a handler sees it."""

    service: "Service"
    request: Request
    key: str | None
    """Id of the API key that called; None for public operations."""
    role: Role | None
    address: str
    """The caller's address, behind trusted proxies the one that they name."""
    body: Any = None
    """An instance of the operation's `body` type."""

    @property
    def path(self) -> Mapping[str, Any]:
        """Parameters in the path."""
        return self.request.path_params


@dataclass(frozen=True, slots=True)
class Query:
    """An optional parameter in the query string: a whole number within its bounds, or a text where there are none."""

    name: str
    about: str
    minimum: int = 0
    maximum: int = 0

    @property
    def schema(self) -> dict[str, Any]:
        """Its JSON schema."""
        return {"type": "integer", "minimum": self.minimum, "maximum": self.maximum} if self.maximum else {"type": "string"}

    def text(self, call: Call) -> str | None:
        """Return what the caller sent."""
        return call.request.query_params.get(self.name)

    def of(self, call: Call, default: int) -> int:
        """Return the number that the caller sent. Raises Problem `invalid`."""
        sent = self.text(call)
        if sent is None:
            return default
        if not (sent.isascii() and sent.isdecimal() and len(sent) < 20 and self.minimum <= int(sent) <= self.maximum):
            raise Problem(422, "invalid", f"goes from {self.minimum} to {self.maximum}", path=f"?{self.name}")
        return int(sent)


Handler = Callable[[Call], Awaitable[Any]]
"""Returns an instance of the operation's `reply` type, or a ready Response; raises Problem."""


@dataclass(frozen=True, slots=True)
class Operation:
    """What an API file declares."""

    method: str
    path: str
    summary: str
    handler: Handler
    roles: frozenset[Role] = frozenset()
    """Roles that may call (an admin always may); empty for a public operation."""
    body: type | None = None
    reply: type | None = None
    """None for an operation that answers with a Response of its own, or with nothing (204)."""
    status: int = 200
    problems: tuple[tuple[int, str], ...] = ()
    """(status, code) pairs that this operation adds to the common ones."""
    media_type: str = "application/json"
    """Of the reply, where `reply` is None and the handler returns a Response."""
    raw: bool = False
    """The handler gets the body as sent (an `edge.Sent`), because it is authenticated before it may be parsed."""
    max_body: int = limits.MAX_BODY
    """Bytes of a body as sent."""
    counted: str = ""
    """What the outcomes call its requests (hello, batch, answer); empty if they have no fate to count."""
    query: tuple[Query, ...] = ()
    limited: bool = True
    """Counts against the rate limits. Not for what balancers and monitors ask."""


__all__ = ["Call", "Handler", "Operation", "Query", "Response"]
