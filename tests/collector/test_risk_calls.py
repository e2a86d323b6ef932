"""The calls of risk engines, providers and admins: a device's history, labels, builds, and forgetting a subject."""

import base64
from typing import Any

import msgspec
import pytest
from sqlalchemy import delete, func, insert, select, update

from collector.api import builds as builds_api
from collector.builds import Manifest, ManifestFile, ManifestProbe
from collector.labels import LabelRequest, _check
from collector.problems import Problem
from collector.store import tables
from collector.store.base import Write

pytestmark = pytest.mark.anyio
USER = "carol@example.org"


@pytest.fixture
async def desk(inside: Any, raw_player: Any, key_presses: Any) -> Any:
    """A collector that has taken three batches of one player and decided on it once."""
    inside.service.settings.decision_seconds = 30.0
    inside.service.settings.score_seconds = 0.0
    player = raw_player(inside.keys["client"])
    headers, body = player.hello()
    player.welcomed((await inside.client.post("/v1/sessions", headers=headers, content=body)).content)
    for seed in range(3):
        headers, body = player.next(input=key_presses(60, seed))
        assert (await inside.client.post("/v1/batches", headers=headers, content=body)).status_code == 200
    desk = Desk(inside)
    desk.device = player.welcome.device.id
    desk.session = player.welcome.session
    desk.decision = (
        await desk.call(
            "POST",
            "/v1/decisions",
            "operator",
            {"action": "login", "token": player.welcome.token, "user": USER, "context": {"ip": "192.0.2.9"}},
        )
    ).json()["id"]
    return desk


class Desk:
    device = session = decision = ""

    def __init__(self, inside: Any) -> None:
        self.inside = inside
        self.store = inside.service.store

    async def call(self, method: str, path: str, role: str, body: Any = None) -> Any:
        headers = {"authorization": f"Bearer {self.inside.keys[role]}"}
        return await self.inside.client.request(method, path, json=body, headers=headers)

    async def label(self, **body: Any) -> Any:
        return await self.call("POST", "/v1/labels", "risk", {"label": "fraud", "source": "chargeback", **body})

    async def count(self, table: Any) -> int:
        row = await self.store.one(select(func.count().label("n")).select_from(table))
        return int(row["n"])


async def test_a_devices_history_comes_a_page_at_a_time_the_newest_first(desk) -> None:
    first = (await desk.call("GET", f"/v1/devices/{desk.device}?limit=2", "risk")).json()
    assert [each["seq"] for each in first["history"]] == [3, 2]
    assert set(first["history"][0]["assessment"]["scores"]) == {"timing", "emulator", "integrity", "network", "drift"}
    rest = (await desk.call("GET", f"/v1/devices/{desk.device}?limit=2&before={first['next']}", "risk")).json()
    assert [each["seq"] for each in rest["history"]] == [1]
    assert rest["next"] is None
    unknown = await desk.call("GET", "/v1/devices/dv_none", "risk")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "device_unknown")
    for wrong in ("limit=0", "limit=201", "limit=x", "before=-1", "limit=1e2"):
        assert (await desk.call("GET", f"/v1/devices/{desk.device}?{wrong}", "risk")).status_code == 422


async def test_a_label_is_taken_once_by_its_id_and_told_to_the_bus(desk) -> None:
    first, again = await desk.label(id="cb-1", decision=desk.decision), await desk.label(id="cb-1", decision=desk.decision)
    assert (first.json(), again.json()) == ({"id": "cb-1", "duplicate": False}, {"id": "cb-1", "duplicate": True})
    other = await desk.label(id="cb-1", decision=desk.decision, label="honest")
    assert (other.status_code, other.json()["code"]) == (409, "label_altered")
    told = [
        msgspec.json.decode(row["body"])["data"] for row in await desk.store.all(select(tables.outbox)) if row["type"] == "label.received"
    ]
    assert [(event["decision"], event["session"], event["device"]) for event in told] == [(desk.decision, desk.session, desk.device)]


async def test_a_label_on_a_user_keeps_the_pseudonym_only(desk) -> None:
    await desk.label(subject=USER)
    row = await desk.store.one(select(tables.labels))
    assert row["subject"] == desk.inside.service.secrets.pseudonym(USER)


async def test_a_label_whose_id_looks_like_another_event_is_taken_all_the_same(desk) -> None:
    assert (await desk.label(id=desk.decision, device=desk.device)).json()["duplicate"] is False


async def test_a_label_on_nothing_that_there_is_is_refused(desk) -> None:
    for target in ("device", "session", "decision"):
        answer = await desk.label(**{target: "x_none"})
        assert (answer.status_code, answer.json()["code"]) == (404, "target_unknown")


@pytest.mark.parametrize(
    "changes", [{}, {"device": "a", "session": "b"}, {"device": "a", "source": "a b"}, {"device": "a", "id": "x" * 33}, {"subject": ""}]
)
def test_a_label_is_on_exactly_one_thing(changes) -> None:
    with pytest.raises(Problem) as refused:
        _check(LabelRequest(**{"label": "fraud", "source": "review", **changes}))
    assert refused.value.code == "invalid"


async def test_one_call_forgets_a_subject_and_says_what_that_was(desk) -> None:
    await desk.call("POST", f"/v1/subjects/{USER}/second-factor", "operator", {})
    await desk.label(decision=desk.decision)
    challenged = (await desk.call("POST", "/v1/decisions", "operator", {"action": "login", "user": USER})).json()
    assert challenged["challenge"] is not None
    sketch = {"session": desk.session, "stretch": b"s"}
    sketch = {**{column.name: 1 for column in tables.sketches.c if column.name != "id"}, **sketch}
    await desk.store.commit(Write(delete(tables.sketches)), Write(insert(tables.sketches), [sketch]))
    await desk.store.commit(Write(update(tables.outbox).values(sent_us=1)))
    asked = await desk.count(tables.challenges)

    forgotten = (await desk.call("DELETE", f"/v1/subjects/{USER}", "admin")).json()
    assert forgotten == {"sessions": 1, "decisions": 2, "challenges": asked, "labels": 1, "subjects": 1, "events": 3, "sketches": 1}
    assert [await desk.count(table) for table in (tables.subjects, tables.challenges, tables.labels, tables.sketches)] == [0] * 4
    for row in await desk.store.all(select(tables.decisions)):
        assert (row["subject"], row["inputs"], row["answer"]) == (None, b"", b"")
    assert (await desk.store.one(select(tables.sessions.c.subject)))["subject"] is None
    pseudonym = desk.inside.service.secrets.pseudonym(USER).encode()
    assert not [row for row in await desk.store.all(select(tables.outbox.c.body)) if pseudonym in row["body"]]
    again = (await desk.call("DELETE", f"/v1/subjects/{USER}", "admin")).json()
    assert set(again.values()) == {0}


async def test_only_an_admin_forgets(desk) -> None:
    assert (await desk.call("DELETE", f"/v1/subjects/{USER}", "operator")).json()["code"] == "wrong_role"


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


FILE = {"path": "data/reels.json", "size": 100, "sha256": b64(b"d" * 32)}
PROBE = {"path": "data/reels.json", "offset": 10, "length": 20, "salt": b64(b"s" * 16), "digest": b64(b"p" * 32)}


async def test_a_build_may_have_several_manifests_and_each_is_added_once(inside) -> None:
    desk = Desk(inside)
    manifest = {"files": [{**FILE, "path": f"f{number}"} for number in range(600)]}
    first = await desk.call("PUT", "/v1/builds/slots/1.4.0", "admin", manifest)
    assert first.json() == {"game": "slots", "build": "1.4.0", "files": 600, "probes": 0, "added": True}
    assert (await desk.call("PUT", "/v1/builds/slots/1.4.0", "admin", manifest)).json()["added"] is False
    assert (await desk.call("PUT", "/v1/builds/slots/1.4.0", "admin", {"files": [FILE], "probes": [PROBE]})).json()["added"] is True
    assert len((await inside.service.builds.get("slots", "1.4.0")).paths) == 601
    assert (await desk.call("PUT", "/v1/builds/slots/1.4.0", "operator", manifest)).json()["code"] == "wrong_role"


def manifest(files: Any = (), probes: Any = ()) -> Manifest:
    return Manifest(
        tuple(ManifestFile(**{"path": "a", "size": 100, "sha256": b"d" * 32, **file}) for file in files),
        tuple(
            ManifestProbe(**{"path": "a", "offset": 10, "length": 20, "salt": b"s" * 16, "digest": b"p" * 32, **probe}) for probe in probes
        ),
    )


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        (manifest(), "$.files"),
        (manifest([{}, {}]), "$.files[1].path"),
        (manifest([{"path": "../a"}]), "$.files[0].path"),
        (manifest([{"path": "/a"}]), "$.files[0].path"),
        (manifest([{"path": "a\\b"}]), "$.files[0].path"),
        (manifest([{"size": -1}]), "$.files[0].size"),
        (manifest([{"sha256": b"d"}]), "$.files[0].sha256"),
        (manifest([{}], [{"path": "b"}]), "$.probes[0].path"),
        (manifest([{}], [{"offset": 90}]), "$.probes[0].length"),
        (manifest([{}], [{"offset": -1}]), "$.probes[0].length"),
        (manifest([{}], [{"length": 0}]), "$.probes[0].length"),
        (manifest([{}], [{"salt": b""}]), "$.probes[0].salt"),
        (manifest([{}], [{"digest": b""}]), "$.probes[0].digest"),
    ],
)
def test_a_manifest_that_nothing_could_be_compared_with_is_refused_with_its_path(wrong, path) -> None:
    with pytest.raises(Problem) as refused:
        builds_api.check(wrong)
    assert refused.value.extra["path"] == path
