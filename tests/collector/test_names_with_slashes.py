"""A slash in a name is sent as %2F, and means the name: games, builds and users may have one."""

import base64
from urllib.parse import quote

import pytest

pytestmark = pytest.mark.anyio

FILE = {"path": "reels.bin", "size": 3, "sha256": base64.b64encode(b"d" * 32).decode()}


@pytest.mark.parametrize(("game", "build"), [("studio/slots", "1.4.0"), ("slots", "2024/11"), ("a/b", "c/d"), ("50%2Foff", "1 0")])
async def test_a_build_is_registered_under_the_name_that_its_sessions_say(inside, game: str, build: str) -> None:
    where = f"/v1/builds/{quote(game, safe='')}/{quote(build, safe='')}"
    reply = await inside.client.put(where, json={"files": [FILE]}, headers={"authorization": f"Bearer {inside.keys['admin']}"})
    assert (reply.status_code, reply.json()["game"], reply.json()["build"]) == (200, game, build)
    assert (await inside.service.builds.get(game, build)).registered


async def test_a_slash_that_is_not_encoded_is_no_build(inside) -> None:
    headers = {"authorization": f"Bearer {inside.keys['admin']}"}
    reply = await inside.client.put("/v1/builds/studio/slots/1.4.0", json={"files": [FILE]}, headers=headers)
    assert (reply.status_code, reply.json()["code"]) == (404, "not_found")


async def test_a_user_with_a_slash_can_be_forgotten(inside) -> None:
    reply = await inside.client.delete("/v1/subjects/eu%2F4711", headers={"authorization": f"Bearer {inside.keys['admin']}"})
    assert reply.status_code == 200
