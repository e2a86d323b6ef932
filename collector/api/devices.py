"""`GET /v1/devices/{id}`: a device's scores and their history, the newest first, a page at a time."""

from dataclasses import dataclass
from typing import Final

import msgspec
from sqlalchemy import select

from collector.operation import Call, Operation, Query
from collector.problems import Problem
from collector.roles import Role
from collector.store.tables import devices, scores
from signals.types import Assessment

PAGE: Final = 50
MAX_PAGE: Final = 200
LIMIT: Final = Query("limit", f"Assessments on the page, {PAGE} by default", 1, MAX_PAGE)
BEFORE: Final = Query("before", "What the page before said of its `next`", 1, 2**53)


@dataclass(frozen=True, slots=True)
class Scored:
    """An assessment of one of the device's sessions, up to batch `seq`."""

    session: str
    seq: int
    at_us: int
    assessment: Assessment


@dataclass(frozen=True, slots=True)
class DeviceReport:
    """A device, and a page of its assessments, the newest first. `next` is where the next page begins, null on the last."""

    id: str
    created_us: int
    seen_us: int
    sessions: int
    cloned: int
    forged: int
    history: tuple[Scored, ...]
    next: int | None


async def show_device(call: Call) -> DeviceReport:
    """Show a device."""
    id, store = call.path["id"], call.service.store
    limit, before = LIMIT.of(call, PAGE), BEFORE.of(call, 0)
    device = await store.one(select(devices).where(devices.c.id == id))
    if device is None:
        raise Problem(404, "device_unknown", "there is no such device")
    query = select(scores).where(scores.c.device == id).order_by(scores.c.id.desc()).limit(limit + 1)
    rows = await store.all(query.where(scores.c.id < before) if before else query)
    page = rows[:limit]
    return DeviceReport(
        id=id,
        created_us=device["created_us"],
        seen_us=device["seen_us"],
        sessions=device["sessions"],
        cloned=device["cloned"],
        forged=device["forged"],
        history=tuple(Scored(row["session"], row["seq"], row["at_us"], _assessment.decode(row["body"])) for row in page),
        next=page[-1]["id"] if len(rows) > limit else None,
    )


_assessment: Final = msgspec.json.Decoder(Assessment)
operations: Final = (
    Operation(
        method="GET",
        path="/v1/devices/{id}",
        summary="A device's scores and their history",
        handler=show_device,
        roles=frozenset({Role.RISK, Role.OPERATOR, Role.ANALYST}),
        reply=DeviceReport,
        problems=((404, "device_unknown"),),
        query=(LIMIT, BEFORE),
    ),
)
