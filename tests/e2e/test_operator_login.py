"""The operator's day: the example login lets in, steps up and keeps out, by the word of a real collector alone."""

import base64
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import altcha
import httpx
import pytest
import uvicorn

EXAMPLE = Path(__file__).parents[2] / "examples" / "operator_login"
ADA = {"user": "ada", "password": "lovelace"}
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def serving(app: Any) -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    waiting = threading.Event()
    while not server.started:
        assert thread.is_alive()
        waiting.wait(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)


@pytest.fixture
def login(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The example's module."""
    monkeypatch.syspath_prepend(str(EXAMPLE))
    monkeypatch.delitem(sys.modules, "pages", raising=False)
    spec = importlib.util.spec_from_file_location("operator_login_app", EXAMPLE / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def site(login: Any, collector: Any) -> Iterator[str]:
    """The login, served, asking the collector."""
    with serving(login.build(collector.url, collector.keys["operator"])) as url:
        yield url


@pytest.fixture
def browser(site: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=site, follow_redirects=True, timeout=30) as client:
        yield client


def hosted(page: httpx.Response) -> str:
    """Return the address of the hosted challenge that a step-up page leads to."""
    return page.text.split('class="button" href="')[1].split('"')[0].replace("&amp;", "&")


def solve(collector: Any, page: httpx.Response) -> None:
    """Do the work that a browser would do on the hosted page."""
    challenge = f"{collector.url}{urlsplit(hosted(page)).path.removesuffix('/page')}"
    asked = altcha.Challenge.from_dict(httpx.get(challenge, timeout=30).json()["parameters"])
    solution = altcha.solve_challenge(asked)
    assert solution is not None
    answer = base64.b64encode(json.dumps(altcha.Payload(asked, solution).to_dict()).encode()).decode()
    assert httpx.post(f"{challenge}/answer", json={"answer": answer}, timeout=30).json()["passed"]


def test_a_player_whose_game_is_known_walks_in(collector: Any, browser: httpx.Client, raw_player: Any) -> None:
    player = raw_player(collector.keys["client"], now_us=collector.service.clock.wall_us())
    headers, body = player.hello()
    token = player.welcomed(httpx.post(f"{collector.url}/v1/sessions", content=body, headers=headers).content).token
    assert token in browser.get("/", params={"token": token}).text
    page = browser.post("/login", data={**ADA, "token": token})
    assert (page.url.path, "Good to see you, ada" in page.text) == ("/lobby", True)


def test_a_login_without_a_game_steps_up_and_then_walks_in(collector: Any, browser: httpx.Client, site: str) -> None:
    page = browser.post("/login", data=ADA)
    assert page.url.path == "/step-up"
    assert parse_qs(urlsplit(hosted(page)).query)["return"] == [f"{site}/step-up/done"]
    solve(collector, page)
    assert "Good to see you, ada" in browser.get("/step-up/done").text


def test_saying_that_the_challenge_was_passed_is_not_passing_it(browser: httpx.Client) -> None:
    browser.post("/login", data=ADA)
    assert browser.get("/step-up/done").status_code == 403
    assert "Welcome back" in browser.get("/lobby").text


def test_a_passed_challenge_opens_no_second_door(collector: Any, browser: httpx.Client, site: str) -> None:
    page = browser.post("/login", data=ADA)
    kept = browser.cookies["visit"]
    solve(collector, page)
    assert browser.get("/step-up/done").status_code == 200
    with httpx.Client(base_url=site, cookies={"visit": kept}, follow_redirects=True) as thief:
        assert "Welcome back" in thief.get("/step-up/done").text
        assert "Welcome back" in thief.get("/lobby").text


def test_somebody_elses_passed_challenge_is_worth_nothing(collector: Any, browser: httpx.Client, site: str) -> None:
    solve(collector, browser.post("/login", data=ADA))
    with httpx.Client(base_url=site, follow_redirects=True, timeout=30) as other:
        other.post("/login", data={"user": "grace", "password": "hopper"})
        assert other.get("/step-up/done").status_code == 403


def test_a_wrong_password_never_asks_the_collector(collector: Any, browser: httpx.Client) -> None:
    from sqlalchemy import func, select

    from collector.store.tables import decisions

    for wrong in ({**ADA, "password": "byron"}, {"user": "nobody", "password": "x"}, {}):
        page = browser.post("/login", data=wrong)
        assert (page.status_code, "not the right name" in page.text) == (401, True)
    assert collector.call(collector.service.store.one(select(func.count().label("made")).select_from(decisions)))["made"] == 0


def test_what_a_form_says_is_escaped(browser: httpx.Client) -> None:
    page = browser.post("/login", data={"user": '"><script>alert(1)</script>', "token": '"><b>'})
    assert "<script>" not in page.text
    assert '<b>"' not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


@pytest.mark.parametrize(("failover", "status"), [("allow", 200), ("challenge", 503), ("deny", 403)])
def test_without_a_collector_the_operators_own_choice_holds(login: Any, failover: str, status: int) -> None:
    with serving(login.build("http://127.0.0.1:1", "ok_none", failover)) as site, httpx.Client(follow_redirects=True) as browser:
        assert browser.post(f"{site}/login", data=ADA).status_code == status


def test_a_key_that_the_collector_refuses_lets_nobody_in(login: Any, collector: Any) -> None:
    with serving(login.build(collector.url, "ok_wrong", "allow")) as site, httpx.Client(follow_redirects=True) as browser:
        assert browser.post(f"{site}/login", data=ADA).status_code == 503


@contextmanager
def chromium(folder: Path, url: str) -> Iterator[None]:
    """A browser that has the page open."""
    quiet = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    flags = [*quiet.split(), "--disable-component-update", "--disable-sync", f"--user-data-dir={folder}", "--remote-debugging-port=0"]
    with subprocess.Popen(
        [str(CHROMIUM), *flags, url], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        try:
            yield
        finally:
            os.killpg(process.pid, signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (apt-get install chromium)")
def test_a_browser_does_the_work_on_the_hosted_page_and_comes_back(login: Any, collector: Any, tmp_path: Path) -> None:
    app = login.build(collector.url, collector.keys["operator"])
    came_back = threading.Event()

    async def watched(scope: Any, receive: Any, send: Any) -> None:
        if scope.get("path") == "/step-up/done":
            came_back.set()
        await app(scope, receive, send)

    with serving(watched) as site, httpx.Client(base_url=site, follow_redirects=True, timeout=30) as browser:
        collector.service.settings.return_origins[:] = [site]
        page = browser.post("/login", data=ADA)
        leads_to = urlsplit(hosted(page))
        # the collector of the tests took a free port, of which its public_url does not know
        with chromium(tmp_path / "profile", f"{collector.url}{leads_to.path}?{leads_to.query}"):
            assert came_back.wait(60), "the hosted page did not return"
        # Chromium has not the cookie of this login: to it the pass means nothing, to us it does
        assert "Good to see you, ada" in browser.get("/step-up/done").text
