"""What balancers and monitors ask: is it alive, may it have traffic, how is it doing."""

from dataclasses import dataclass
from typing import Final

import msgspec
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import Response

from collector.operation import Call, Operation
from collector.readiness import readiness


@dataclass(frozen=True, slots=True)
class Health:
    """The process answers."""

    status: str = "ok"


async def healthz(call: Call) -> Health:
    """Answer."""
    return Health()


async def readyz(call: Call) -> Response:
    """Tell the truth."""
    found = await readiness(call.service)
    return Response(msgspec.json.encode(found), 200 if found.ready else 503, media_type="application/json")


async def metrics(call: Call) -> Response:
    """Return the counters in the text format of Prometheus."""
    return Response(generate_latest(call.service.registry), media_type=CONTENT_TYPE_LATEST)


operations: Final = (
    Operation("GET", "/healthz", "The process answers", healthz, reply=Health, limited=False),
    Operation("GET", "/readyz", "May have traffic", readyz, limited=False),
    Operation("GET", "/metrics", "Counters, as Prometheus reads them", metrics, media_type="text/plain", limited=False),
)
