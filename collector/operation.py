"""One HTTP operation, declared once: the route, the authentication, the decoding and the OpenAPI entry come from it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

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
    limited: bool = True
    """Counts against the rate limits. Not for what balancers and monitors ask."""


__all__ = ["Call", "Handler", "Operation", "Response"]
