"""`POST /v1/decisions`: may this user do this?"""

from typing import Final

from collector.decision import Decision, DecisionRequest
from collector.operation import Call, Operation
from collector.roles import Role


async def decide(call: Call) -> Decision:
    """Decide."""
    return await call.service.decider.decide(call.body, call.key or "")


operations: Final = (
    Operation(
        method="POST",
        path="/v1/decisions",
        summary="Decide: allow, challenge or deny",
        handler=decide,
        roles=frozenset({Role.OPERATOR}),
        body=DecisionRequest,
        reply=Decision,
        problems=((409, "request_altered"),),
    ),
)
