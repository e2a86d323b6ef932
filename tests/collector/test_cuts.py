"""The same events give the same scores, however they were cut into batches: through the whole collector, restarts included."""

import itertools
import struct
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from signals.types import Assessment
from wire import kinds, schema

pytestmark = pytest.mark.anyio
T0_US = 1_000_000
END_US = 400_000_000
CLOCK = schema.ClockPair(END_US, 1_760_000_000_000_000)


@dataclass(frozen=True)
class Event:
    t_us: int
    kind: int
    code: int
    x: int
    y: int


@st.composite
def inputs(draw: st.DrawFn) -> tuple[list[Event], list[int], list[schema.Action]]:
    """Events of a mixed hand, frames and actions, each in order of time."""
    steps = draw(
        st.lists(
            st.tuples(
                st.one_of(st.integers(1_000, 400_000), st.integers(0, 16_000_000)),
                st.integers(kinds.FIRST_KIND, kinds.LAST_KIND),
                st.integers(0, 12),
                st.integers(-300, 300),
                st.integers(-300, 300),
            ),
            min_size=1,
            max_size=250,
        )
    )
    events, t, x, y = [], T0_US, 0, 0
    for dt, kind, code, dx, dy in steps:
        if t + dt > END_US:
            break
        t, x, y = t + dt, max(-30_000, min(30_000, x + dx)), max(-30_000, min(30_000, y + dy))
        events.append(Event(t, kind, code if kind < kinds.POINTER_MOVE else code % 4, x, y))
    frames = [T0_US + number * 16_667 + draw(st.integers(0, 500)) for number in range(draw(st.integers(0, 300)))]
    actions = [schema.Action(T0_US + 1_000 * number, "bet", 1.0) for number in range(draw(st.integers(0, 20)))]
    return events, frames, actions


def columns(events: list[Event], t0_us: int) -> schema.Columns:
    before = [Event(t0_us, 0, 0, 0, 0), *events]
    pairs = list(zip(before, events, strict=False))
    return schema.Columns(
        struct.pack(f"<{len(events)}I", *(b.t_us - a.t_us for a, b in pairs)),
        bytes(event.kind for event in events),
        bytes(event.code for event in events),
        struct.pack(f"<{len(events)}h", *(b.x - a.x for a, b in pairs)),
        struct.pack(f"<{len(events)}h", *(b.y - a.y for a, b in pairs)),
    )


def batches(cuts_us: list[int], events: list[Event], frames: list[int], actions: list[schema.Action]) -> list[dict[str, object]]:
    """Return what each batch holds if everything is cut at these times."""
    edges = [T0_US, *sorted(cuts_us), END_US + 1]
    made = []
    for start, end in itertools.pairwise(edges):
        ticks = [start, *(frame for frame in frames if start <= frame < end)]
        deltas = [after - before for before, after in itertools.pairwise(ticks)]
        made.append(
            {
                "t0_us": start,
                "input": columns([event for event in events if start <= event.t_us < end], start),
                "frames": struct.pack(f"<{len(deltas)}I", *deltas),
                "actions": tuple(action for action in actions if start <= action.t_us < end),
                "clock": CLOCK,
            }
        )
    return made


async def played(inside, raw_player, parts: list[dict[str, object]], restarts: bool) -> Assessment:
    """Return the scores of a session that was sent in these batches; with restarts, memory is lost after each of them."""
    player = raw_player(inside.keys["client"])
    described, body = player.hello()
    player.welcomed((await inside.client.post("/v1/sessions", headers=described, content=body)).content)
    for part in parts:
        described, body = player.next(**part)
        answer = await inside.client.post("/v1/batches", headers=described, content=body)
        assert answer.status_code == 200, answer.text
        if restarts:
            inside.service.sessions.forget(player.welcome.session)
    live = await inside.service.sessions.current(player.welcome.session)
    return inside.service.pipeline.assess(live, live.memory)


def said(assessment: Assessment) -> dict[str, object]:
    return {
        "risk": pytest.approx(assessment.risk, abs=1e-9),
        **{
            name.value: (
                score.missing,
                pytest.approx(score.value, abs=1e-9),
                pytest.approx(score.confidence, abs=1e-9),
                [reason.name for reason in score.reasons],
            )
            for name, score in assessment.scores.items()
        },
    }


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(inputs(), st.lists(st.integers(T0_US + 1, END_US), max_size=12), st.booleans())
async def test_cuts_do_not_matter(inside, raw_player, drawn, cuts_us, restarts) -> None:
    events, frames, actions = drawn
    whole = await played(inside, raw_player, batches([], events, frames, actions), False)
    cut = await played(inside, raw_player, batches(cuts_us, events, frames, actions), restarts)
    assert said(whole) == said(cut)
