"""How one Operation answers HTTP: who calls, how often, how much, what it says; then the handler; then the reply or the problem.

A plain ASGI application for each operation, so that nothing is done twice and nothing hides in a middleware.
"""

import time
from typing import TYPE_CHECKING, Any, Final

import msgspec
import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from collector import bounds, edge
from collector.edge import Sent
from collector.keys import Key
from collector.operation import Call, Operation
from collector.outcomes import Outcome
from collector.patience import Patience
from collector.problems import Problem
from collector.roles import Role
from collector.store.base import Overloaded
from wire import headers

if TYPE_CHECKING:
    from collector.service import Service

OVERLOADED_S: Final = 2.0
MAX_LIST: Final = 100_000
"""Entries of any list in an operator's body; the body's size bounds them anyway."""
MAX_PATH: Final = 256
_NO_STORE: Final = {"cache-control": "no-store"}
Headers = list[tuple[bytes, bytes]]
_log = structlog.get_logger(__name__)


class Endpoint:
    """ASGI application that serves one operation."""

    def __init__(self, operation: Operation) -> None:
        self._operation = operation

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        service: Service = scope["app"].state.service
        started = time.perf_counter()
        response = await self._respond(service, scope, receive)
        service.metrics.request(self._operation, response.status_code, time.perf_counter() - started)
        await response(scope, receive, send)

    async def _respond(self, service: "Service", scope: Scope, receive: Receive) -> Response:
        """Return the answer, whatever happens, and count the request's fate exactly once."""
        counted = self._operation.counted
        try:
            response, reply = await self._serve(service, scope, receive)
        except Problem as problem:
            if counted:
                service.outcomes.count(counted, Outcome.SHED if problem.status in (429, 503) else Outcome.REJECTED, problem.code)
            return problem.response()
        if counted:
            service.outcomes.count(counted, Outcome.DUPLICATE if getattr(reply, "duplicate", False) else Outcome.ACCEPTED)
        return response

    async def _serve(self, service: "Service", scope: Scope, receive: Receive) -> tuple[Response, Any]:
        try:
            call = await self._admit(service, scope, receive)
            reply = await self._operation.handler(call)
        except Problem:
            raise
        except Overloaded:
            raise Problem(503, "overloaded", "too many commits are waiting", retry_after_s=OVERLOADED_S) from None
        except (SQLAlchemyError, OSError) as error:
            _log.error("store failed", path=self._operation.path, error=type(error).__name__)
            raise Problem(503, "store_unavailable", "the store does not answer", retry_after_s=OVERLOADED_S) from None
        except Exception:
            _log.exception("unexpected error", path=self._operation.path)
            raise Problem(500, "internal", "an unexpected error, which was logged") from None
        if isinstance(reply, Response):
            return reply, reply
        if reply is None:
            return Response(status_code=204, headers=_NO_STORE), reply
        return self._encode(reply, call.request.scope["headers"]), reply

    async def _admit(self, service: "Service", scope: Scope, receive: Receive) -> Call:
        """Return the call once it has passed everything that guards the handler."""
        operation, sent_headers = self._operation, scope["headers"]
        peer = scope.get("client")
        address = service.addresses.of(peer[0] if peer else "", sent_headers)
        if operation.limited:
            service.limiter.hit("address", address)
        key = await self._authenticate(service, header(sent_headers, b"authorization"))
        if key is not None:
            service.limiter.hit("key", key.id)
        for name, value in scope["path_params"].items():
            if len(str(value)) > MAX_PATH or "\0" in str(value):
                raise Problem(404, "not_found", f"no such {name}")
        body = await self._body(receive, sent_headers, service.patience) if operation.body else None
        return Call(service, Request(scope, receive), key.id if key else None, key.role if key else None, address, body)

    async def _body(self, receive: Receive, sent_headers: Headers, patience: Patience) -> Any:
        media = header(sent_headers, b"content-type").partition(";")[0].strip().lower() or headers.JSON
        encoding = header(sent_headers, b"content-encoding").strip().lower().replace("identity", "")
        if media not in edge.MEDIA:
            raise Problem(415, "unsupported_media", f"send {headers.JSON} or {headers.MSGPACK}")
        if encoding not in edge.ENCODINGS:
            raise Problem(415, "unsupported_encoding", f"send the body plain or with Content-Encoding: {headers.DEFLATE}")
        sent = Sent(await read_body(receive, sent_headers, self._operation.max_body, patience), media, encoding)
        if self._operation.raw:
            return sent
        assert self._operation.body is not None
        value: Any = edge.decode(sent, self._operation.body)
        bounds.check(value, many=MAX_LIST, text=self._operation.max_body, named={})
        return value

    async def _authenticate(self, service: "Service", authorization: str) -> Key | None:
        roles = self._operation.roles
        if not roles:
            return None
        scheme, _, text = authorization.partition(" ")
        if scheme.lower() != "bearer" or not text:
            raise Problem(401, "missing_key", "send an API key: Authorization: Bearer ...")
        key = await service.keys.recognise(text.strip())
        if key.role not in roles and key.role is not Role.ADMIN:
            raise Problem(403, "wrong_role", f"a key of role {key.role.value} may not call this; it takes {' or '.join(sorted(roles))}")
        return key

    def _encode(self, reply: Any, sent_headers: Headers) -> Response:
        """Return the reply in the format that `Accept` names, else in that of the request."""
        accepted = header(sent_headers, b"accept")
        if headers.MSGPACK in accepted or (headers.JSON not in accepted and headers.MSGPACK in header(sent_headers, b"content-type")):
            return Response(msgspec.msgpack.encode(reply), self._operation.status, _NO_STORE, headers.MSGPACK)
        return Response(msgspec.json.encode(reply), self._operation.status, _NO_STORE, headers.JSON)


def header(sent: Headers, name: bytes) -> str:
    """Return the value of a header, empty where there is none."""
    for key, value in sent:
        if key == name:
            return value.decode("latin-1")
    return ""


async def read_body(receive: Receive, sent: Headers, bound: int, patience: Patience) -> bytes:
    """Return the body, never holding many more than `bound` bytes of it nor waiting for it beyond our patience."""
    too_large = Problem(413, "too_large", f"a body has at most {bound} bytes here")
    declared = header(sent, b"content-length")
    if declared.isdecimal() and int(declared) > bound:
        raise too_large
    chunks: list[bytes] = []
    size, more = 0, True
    with patience.wait():
        while more and size <= bound:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Problem(400, "malformed", "the client went away before its body was complete")
            chunks.append(message.get("body", b""))
            size, more = size + len(chunks[-1]), message.get("more_body", False)
    if size > bound:
        raise too_large
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)
