"""The hosted challenge page, in a real browser where there is one: it solves, asks, tells who opened it, and goes back."""

import json
import os
import re
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pyotp
import pytest

from collector import pages
from collector.policy.rules import ChallengeKind
from collector.problems import Problem

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-pipe",
)
DEADLINE_S = 60.0
in_a_browser = pytest.mark.skipif(BROWSER is None, reason="there is no Chromium here: install the package chromium")


class Browser:
    """Chromium, told what to do over a pair of pipes (Chrome DevTools Protocol)."""

    def __init__(self, profile: Path) -> None:
        assert BROWSER is not None
        hears, tell = os.pipe()
        hear, tells = os.pipe()
        # the browser reads its commands from descriptor 3 and answers on 4
        shell = f'exec "$0" "$@" 3<&{hears} 4>&{tells}'
        command = ["bash", "-c", shell, BROWSER, *FLAGS, f"--user-data-dir={profile}", "about:blank"]
        self._process = subprocess.Popen(command, pass_fds=(hears, tells), stderr=subprocess.DEVNULL)
        os.close(hears)
        os.close(tells)
        self._tell, self._hear = os.fdopen(tell, "wb"), os.fdopen(hear, "rb")
        self._rest = b""
        self._number = 0
        self.said: list[str] = []
        self._session = ""

    def call(self, method: str, **parameters: Any) -> Any:
        self._number += 1
        command = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            command["sessionId"] = self._session
        self._tell.write(json.dumps(command).encode() + b"\0")
        self._tell.flush()
        while True:
            message = self._message()
            if message.get("id") == self._number:
                assert "error" not in message, message
                return message["result"]
            if message.get("method") in ("Log.entryAdded", "Runtime.exceptionThrown"):
                self.said.append(json.dumps(message["params"]))

    def open(self, url: str) -> None:
        """Open a page in a new tab."""
        self._session = ""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Log.enable")
        self.call("Runtime.enable")
        self.call("Page.navigate", url=url)

    def value(self, expression: str) -> Any:
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def until(self, expression: str) -> None:
        """Wait for an expression to hold."""
        deadline = time.monotonic() + DEADLINE_S
        # errors are no answer yet: the page may be on its way
        while not self.value(f"(() => {{ try {{ return Boolean({expression}) }} catch {{ return false }} }})()"):
            assert time.monotonic() < deadline, (expression, self.value("document.body.innerText"), self.said)
            time.sleep(0.02)

    def close(self) -> None:
        self._tell.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._hear.close()

    def _message(self) -> Any:
        while b"\0" not in self._rest:
            assert select.select([self._hear], [], [], DEADLINE_S)[0], "the browser does not answer"
            chunk = os.read(self._hear.fileno(), 65536)
            assert chunk, "the browser has gone"
            self._rest += chunk
        message, _, self._rest = self._rest.partition(b"\0")
        return json.loads(message)


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    running = Browser(tmp_path / "profile")
    try:
        yield running
    finally:
        running.close()


class Desk:
    """Decides and enrols over real HTTP."""

    def __init__(self, collector: Any) -> None:
        self.collector = collector
        collector.settings.decision_seconds = 30.0

    def post(self, path: str, body: Any) -> Any:
        key = self.collector.keys["operator"]
        return httpx.post(f"{self.collector.url}{path}", json=body, headers={"authorization": f"Bearer {key}"}, timeout=30).json()

    def captcha(self) -> tuple[str, str]:
        """Return a decision and the challenge that it asks for."""
        told = self.post("/v1/decisions", {"action": "login"})
        return told["id"], told["challenge"]["id"]

    def second_factor(self) -> tuple[str, pyotp.TOTP]:
        """Return a challenge of somebody who has enrolled, and the authenticator app."""
        uri = self.post("/v1/subjects/eve/second-factor", {})["otpauth"]
        decision, service = self.captcha()[0], self.collector.service

        async def issue() -> str:
            issued = service.challenges.issue(ChallengeKind.SECOND_FACTOR, decision, None, service.secrets.pseudonym("eve"))
            await service.store.commit(issued.write)
            return str(issued.id)

        return self.collector.call(issue()), pyotp.TOTP(parse_qs(urlsplit(uri).query)["secret"][0])

    def url(self, challenge: str) -> str:
        return f"{self.collector.url}/v1/challenges/{challenge}/page"


@pytest.fixture
def desk(collector: Any) -> Desk:
    return Desk(collector)


STATE = "document.querySelector('main').dataset.state"


@in_a_browser
@pytest.mark.slow
def test_the_page_solves_a_captcha_by_itself_and_the_operator_can_redeem_it(desk, browser) -> None:
    decision, challenge = desk.captcha()
    browser.open(desk.url(challenge))
    browser.until(f"{STATE} === 'passed'")
    assert desk.post(f"/v1/challenges/{challenge}/verify", {"decision": decision})["passed"] is True
    assert browser.said == []


@in_a_browser
@pytest.mark.slow
def test_the_page_asks_for_the_code_says_what_was_wrong_and_takes_the_right_one(desk, browser) -> None:
    challenge, codes = desk.second_factor()
    browser.open(desk.url(challenge))
    browser.until(f"{STATE} === 'asking' && document.activeElement.id === 'code'")
    typed = "document.getElementById('code').value = '{}'; document.querySelector('form button').click()"
    browser.value(typed.format("12"))
    browser.until("document.getElementById('hint').textContent.includes('6 digits')")
    wrong = "000000" if codes.now() != "000000" else "111111"
    browser.value(typed.format(wrong))
    browser.until("document.getElementById('hint').textContent.includes('4 tries')")
    browser.value(typed.format(codes.now()))
    browser.until(f"{STATE} === 'passed'")
    assert browser.value("document.getElementById('say').getAttribute('aria-live')") == "polite"


@in_a_browser
@pytest.mark.slow
def test_a_page_that_framed_it_is_told_and_it_goes_back_where_it_may(desk, browser) -> None:
    origin = desk.collector.url
    desk.collector.settings.return_origins = [origin]
    challenge = desk.captcha()[1]
    browser.open(f"{origin}/healthz")
    browser.until("location.pathname === '/healthz' && document.body")
    back = f"{origin}/healthz?from=1"
    browser.value(
        "globalThis.heard = []; addEventListener('message', (event) => heard.push(event.data));"
        "globalThis.frame = document.body.appendChild(document.createElement('iframe'));"
        f"frame.src = '{desk.url(challenge)}?return=' + encodeURIComponent('{back}'); 1"
    )
    browser.until("heard.length === 1")
    heard = browser.value("heard[0]")
    assert (heard["type"], heard["challenge"], heard["passed"]) == ("countersign.challenge", challenge, True)
    assert heard["proof"].count(".") == 2
    browser.until(f"frame.contentWindow.location.href === '{back}&countersign_challenge={challenge}'")


@in_a_browser
@pytest.mark.slow
def test_a_challenge_that_there_is_not_says_so(desk, browser) -> None:
    browser.open(desk.url("c_none"))
    browser.until(f"{STATE} === 'over'")
    assert "not known" in browser.value("document.body.innerText")


def test_the_page_may_run_its_own_files_only_and_is_framed_by_nobody() -> None:
    policy = pages.page(None, []).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


def test_the_page_asks_for_nothing_from_elsewhere() -> None:
    folder = Path(pages.__file__).parent
    text = "\n".join(path.read_text("utf-8") for path in folder.iterdir() if path.suffix in (".html", ".css", ".js"))
    assert re.findall(r"(?:src|href|url|import)\s*[=(]\s*[\"']?(?:https?:)?//", text) == []
    assert not re.search(r"<script(?![^>]*src)|style=|\son\w+=\"", text)


def test_an_allowed_origin_may_frame_the_page_and_be_returned_to() -> None:
    response = pages.page("https://shop.example/login?a=1", ["https://shop.example/"])
    assert "frame-ancestors https://shop.example" in response.headers["content-security-policy"]
    assert b'content="https://shop.example"' in response.body


@pytest.mark.parametrize(
    "back",
    [
        "https://evil.example/",
        "https://shop.example.evil.example/",
        "https://shop.example@evil.example/",
        "https://shop.example:8443/",
        "http://shop.example/",
        "//shop.example/",
        "javascript:alert(1)//https://shop.example",
        "https://shop.example\\@evil.example/",
        "https://shop.example/\r\nlocation: x",
        'https://shop.example/"><script>',
        "",
        "/login",
    ],
)
def test_the_page_returns_nowhere_else(back: str) -> None:
    with pytest.raises(Problem) as refused:
        pages.page(back, ["https://shop.example"])
    assert (refused.value.status, refused.value.code) == (400, "return_not_allowed")


@pytest.mark.parametrize("back", ["http://127.0.0.1:8800/step-up/done", "http://localhost:3000/"])
def test_a_collector_that_nobody_configured_returns_to_its_own_machine_only(back: str) -> None:
    assert back[: back.index("/", 8)].encode() in pages.page(back, [], local=True).body
    with pytest.raises(Problem):
        pages.page(back, [])
    with pytest.raises(Problem):
        pages.page(back, ["https://shop.example"], local=True)
    with pytest.raises(Problem):
        pages.page("http://127.0.0.1.evil.example/", [], local=True)
    with pytest.raises(Problem):
        pages.page("http://127.0.0.1:80@evil.example/", [], local=True)


@pytest.mark.parametrize(
    ("url", "local"),
    [("http://127.0.0.1:8700", True), ("https://localhost/", True), ("https://c.example", False), ("http://0.0.0.0:8700", False)],
)
def test_only_an_address_of_this_machine_is_local(url: str, local: bool) -> None:
    assert pages.is_local(url) is local


def test_an_origin_that_is_none_is_not_let_into_the_policy() -> None:
    response = pages.page(None, ["https://a.example; script-src *", "*", "https://b.example"])
    assert response.headers["content-security-policy"].endswith("frame-ancestors https://b.example")


@pytest.mark.parametrize("name", ["__init__.py", "challenge.html", "../app.py", ""])
def test_only_the_parts_of_the_page_are_served(name: str) -> None:
    with pytest.raises(Problem):
        pages.part(name)
