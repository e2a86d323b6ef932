"""`POST /v1/batches`: a client reports. The session's signature is what lets it in; no API key is asked for."""

from typing import Final

from collector.edge import Sent
from collector.endpoint import header
from collector.operation import Call, Operation
from collector.pipeline import Arrival
from collector.problems import Problem
from collector.sessions import valid_id
from wire import headers
from wire.schema import Ack, Batch

_SESSION: Final = headers.SESSION.encode()
_SIGNATURE: Final = headers.SIGNATURE.encode()


async def report(call: Call) -> Ack:
    """Take in a batch."""
    sent: Sent = call.body
    named = call.request.scope["headers"]
    session = header(named, _SESSION)
    if not session:
        raise Problem(401, "missing_signature", f"a batch carries {headers.SESSION} and {headers.SIGNATURE}")
    if not valid_id(session):
        raise Problem(404, "unknown_session", f"{headers.SESSION} names no session")
    service = call.service
    service.limiter.hit("session", session)
    try:
        return await service.pipeline.ingest(Arrival(session, header(named, _SIGNATURE), sent, call.address))
    except Problem as problem:
        if problem.status < 429:
            service.rejects.keep(problem, session, sent.body)
        raise


operations: Final = (
    Operation(
        method="POST",
        path="/v1/batches",
        summary="Report a batch of events",
        handler=report,
        body=Batch,
        reply=Ack,
        problems=(
            (401, "missing_signature"),
            (401, "bad_signature"),
            (404, "unknown_session"),
            (409, "batch_gap"),
            (409, "batch_altered"),
            (409, "chain_broken"),
            (410, "session_expired"),
            (422, "unknown_version"),
        ),
        raw=True,
        counted="batch",
    ),
)
