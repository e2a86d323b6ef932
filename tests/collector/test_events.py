"""Events are CloudEvents 1.0, and say nothing about a person."""

import json
import re
from typing import Any

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_structured_event
from jsonschema import Draft202012Validator

from collector import events
from collector.bus.asyncapi import document
from collector.bus.outbox import SEQUENCE_DIGITS
from signals.types import Assessment, Reason, Score, ScoreName

ASSESSMENT = Assessment(
    risk=0.75,
    base=-2.0,
    scores={
        ScoreName.TIMING: Score(0.9, 0.8, (Reason("timing.regular", "keys fall as from a machine", 3.1),)),
        ScoreName.NETWORK: Score(None, 0.0, missing=("network.kind: no_database",)),
    },
    model="1",
)
ONE_OF_EACH = (
    events.device_scored(ASSESSMENT, device="d_1", session="s_1", seq=7, game="slots", build="1.4.0", at_us=1_700_000_000_123_456),
    events.encode(
        events.DecisionMade(decision="x_1", action="login", verdict="allow", reasons=(), policy="1", at_us=1, device="d_1", subject="ab")
    ),
    events.encode(events.ChallengeCompleted(challenge="c_1", decision="x_1", kind="captcha", passed=True, attempts=1, took_us=9, at_us=1)),
    events.encode(
        events.IntegrityViolated(
            device="d_1", session="s_1", seq=2, game="g", build="b", violations=("asset_altered",), at_us=1, paths=("a",)
        )
    ),
    events.encode(events.LabelReceived(id="l_1", label="fraud", source="desk", at_us=1, subject="ab")),
)


def attributes(event: events.Event) -> dict[str, Any]:
    return json.loads(event.body)


@pytest.mark.parametrize("event", ONE_OF_EACH, ids=lambda event: event.type)
def test_the_reference_sdk_reads_every_event(event: events.Event) -> None:
    message = KafkaMessage({"content-type": events.MEDIA_TYPE.encode()}, event.device.encode(), event.body)
    read = from_structured_event(message)
    assert (read.get_id(), read.get_type(), read.get_source(), read.get_subject()) == (event.id, event.type, events.SOURCE, event.device)
    assert read.get_datacontenttype() == "application/json"
    assert read.get_extension("partitionkey") == event.device


def test_there_is_one_of_each_type_here() -> None:
    assert {event.type for event in ONE_OF_EACH} == {data.type for data in events.ALL}


def test_time_is_rfc_3339_to_the_microsecond() -> None:
    assert attributes(ONE_OF_EACH[0])["time"] == "2023-11-14T22:13:20.123456Z"


def test_the_parts_of_a_scored_device_add_up_to_its_risk() -> None:
    data = attributes(ONE_OF_EACH[0])["data"]
    assert data["base"] + sum(reason["contribution"] for reason in data["reasons"]) == pytest.approx(1.1)
    assert data["scores"]["network"] == {"value": None, "confidence": 0.0, "missing": ["network.kind: no_database"]}


def test_reasons_travel_by_name_and_never_in_words() -> None:
    assert b"as from a machine" not in ONE_OF_EACH[0].body


def test_ids_differ_and_a_given_id_is_kept() -> None:
    label = events.LabelReceived(id="l_1", label="fraud", source="desk", at_us=1)
    made = {events.encode(label).id for _ in range(100)}
    assert len(made) == 100
    assert events.encode(label, id="e_kept").id == attributes(events.encode(label, id="e_kept"))["id"] == "e_kept"


@pytest.mark.parametrize(
    ("device", "subject", "partition"),
    [("d_1", "ab", "d_1"), (None, "ab", "ab"), (None, None, "x_1")],
    ids=["device", "subject", "decision"],
)
def test_what_has_no_device_goes_by_subject_and_then_by_what_it_is_about(device: str | None, subject: str | None, partition: str) -> None:
    decision = events.DecisionMade(
        decision="x_1", action="login", verdict="deny", reasons=(), policy="1", at_us=1, device=device, subject=subject
    )
    assert events.encode(decision).device == partition


def test_names_are_cut_so_that_an_event_stays_small() -> None:
    assert len(events.names(str(number) for number in range(1000))) == events.MAX_NAMES


def test_no_field_of_any_event_could_hold_an_address_or_a_user_id() -> None:
    fields = {name for data in events.ALL for name in data.__dataclass_fields__}
    assert not {name for name in fields if re.search(r"address|^ip$|user|mail|city|country", name)}


@pytest.mark.parametrize("event", ONE_OF_EACH, ids=lambda event: event.type)
def test_every_event_is_as_the_asyncapi_document_says(event: events.Event) -> None:
    described = document("0")
    sent = {**attributes(event), "sequence": "1".zfill(SEQUENCE_DIGITS)}
    schema = {**described["components"]["messages"][event.type]["payload"], "components": described["components"]}
    validator = Draft202012Validator(schema)
    validator.validate(sent)
    assert not validator.is_valid({**sent, "data": {}})
    assert not validator.is_valid({name: value for name, value in sent.items() if name != "sequence"})
