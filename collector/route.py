"""A route whose parameters may hold any character, a slash too, sent as `%2F` (RFC 3986, section 2.2)."""

from urllib.parse import unquote

from starlette.routing import Match, Route
from starlette.types import Scope


class AnyText(Route):
    """Where a slash was sent encoded, match the path as it was sent, and decode each parameter by itself."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return how the route matches, and the scope that it adds."""
        sent: bytes = scope.get("raw_path") or b""
        if b"%2f" not in sent.lower():
            return super().matches(scope)
        match, child = super().matches({**scope, "path": sent.decode("ascii", "replace")})
        if "path_params" in child:
            child["path_params"] = {name: unquote(str(value)) for name, value in child["path_params"].items()}
        return match, child
