"""`POST /v1/labels`: what it turned out to be."""

from typing import Final

from collector.labels import LabelRequest, LabelTaken
from collector.operation import Call, Operation
from collector.roles import Role


async def take_label(call: Call) -> LabelTaken:
    """Take a label in."""
    taken: LabelTaken = await call.service.labels.take(call.body)
    call.service.relay.wake()
    return taken


operations: Final = (
    Operation(
        method="POST",
        path="/v1/labels",
        summary="Say what it turned out to be",
        handler=take_label,
        roles=frozenset({Role.RISK, Role.OPERATOR}),
        body=LabelRequest,
        reply=LabelTaken,
        problems=((404, "target_unknown"), (409, "label_altered")),
    ),
)
