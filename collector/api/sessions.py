"""`POST /v1/sessions`: a client says hello."""

from typing import Final

from collector.operation import Call, Operation
from collector.roles import Role
from wire.schema import Hello, Welcome


async def hello(call: Call) -> Welcome:
    """Open a session."""
    return await call.service.opening.welcome(call.body, call.address)


operations: Final = (
    Operation(
        method="POST",
        path="/v1/sessions",
        summary="Open a session",
        handler=hello,
        roles=frozenset({Role.CLIENT}),
        body=Hello,
        reply=Welcome,
        status=201,
        problems=((422, "unknown_version"), (422, "unknown_build")),
        counted="hello",
    ),
)
