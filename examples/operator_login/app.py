"""An operator's login: password first, then Countersign's word, then the door.

    countersign serve                                            # shows an operator's key at its first start
    COUNTERSIGN_KEY=ok_... python examples/operator_login/app.py

Then http://127.0.0.1:8800/ (ada, lovelace). A game opens it as /?token=..., with the token of `sdk_py.token()`. What the browser
brings is never believed: who logs in, which decision was made and which challenge is owed stay on this side, behind a random cookie.

On one machine nothing else is to be set. A login at https://shop.example has to be named to the collector before challenge pages come
back to it: COUNTERSIGN_RETURN_ORIGINS='["https://shop.example"]' countersign serve
"""

import argparse
import hashlib
import hmac
import os
import secrets
import time
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlencode

import uvicorn
from pages import page
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Route

from sdk_py.operator import AsyncOperator, OperatorError

HERE: Final = Path(__file__).parent
COOKIE: Final = "visit"
MAX_FORM: Final = 8 * 1024
MAX_VISITS: Final = 10_000
VISIT_S: Final = 1800.0


def _hash(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=2**14, r=8, p=1)


_SALT: Final = secrets.token_bytes(16)
USERS: Final = {"ada": _hash("lovelace", _SALT), "grace": _hash("hopper", _SALT)}
"""Stands for your own accounts."""


@dataclass(slots=True)
class Visit:
    """What this side knows about one browser."""

    began: float = field(default_factory=time.monotonic)
    user: str | None = None
    """Who is in."""
    candidate: str | None = None
    """Who knew the password and still owes a step-up."""
    decision: str = ""
    challenge: str = ""
    url: str = ""


class Visits:
    """All visits, by their cookie. Bounded, the oldest goes first."""

    def __init__(self) -> None:
        self._all: OrderedDict[str, Visit] = OrderedDict()

    def find(self, request: Request) -> Visit:
        """Return the browser's visit, or a blank one that nobody remembers."""
        visit = self._all.get(request.cookies.get(COOKIE, ""))
        return visit if visit is not None and time.monotonic() - visit.began < VISIT_S else Visit()

    def begin(self, visit: Visit, request: Request, response: Response) -> Response:
        """Remember a visit under a new cookie, so that a cookie planted before the login is worth nothing."""
        self.forget(request)
        name = secrets.token_urlsafe(24)
        self._all[name] = visit
        while len(self._all) > MAX_VISITS:
            self._all.popitem(last=False)
        response.set_cookie(COOKIE, name, httponly=True, samesite="lax", secure=request.url.scheme == "https")
        return response

    def forget(self, request: Request) -> None:
        self._all.pop(request.cookies.get(COOKIE, ""), None)


async def show_login(request: Request) -> Response:
    return page("login", token=request.query_params.get("token", ""))


async def log_in(request: Request) -> Response:
    form = await _form(request)
    user, token = form.get("user", ""), form.get("token", "")
    known = hmac.compare_digest(USERS.get(user, b"no such user"), _hash(form.get("password", ""), _SALT))
    if not known:
        return page("login", status=401, token=token, user=user, message="That is not the right name and password.")

    operator: AsyncOperator = request.app.state.operator
    seen = {"ip": request.client.host if request.client else None, "user_agent": request.headers.get("user-agent")}
    try:
        decision = await operator.decide(action="login", token=token, user=user, context=seen)
    except OperatorError as error:  # our key or our request is wrong: nobody gets in until that is mended
        print(f"the collector refuses our request: {error}")
        return page("sorry", status=503, reference="")

    visits: Visits = request.app.state.visits
    if decision.verdict == "allow":
        return visits.begin(Visit(user=user), request, _to("/lobby"))
    if decision.verdict == "challenge" and decision.challenge is not None:
        owed = Visit(candidate=user, decision=decision.id, challenge=decision.challenge.id, url=decision.challenge.url)
        return visits.begin(owed, request, _to("/step-up"))
    if decision.verdict == "challenge":  # the collector was away, and this shop has no step-up of its own
        return page("sorry", status=503, reference=decision.id)
    return page("denied", status=403, reference=decision.id)


async def step_up(request: Request) -> Response:
    visit = request.app.state.visits.find(request)
    if visit.candidate is None:
        return _to("/")
    back = str(request.url.replace(path="/step-up/done", query=""))
    return page("step_up", user=visit.candidate, url=f"{visit.url}?{urlencode({'return': back})}")


async def step_up_done(request: Request) -> Response:
    """The browser says that it is done. Only the collector's word for exactly the challenge that is owed lets in, and only once."""
    visits: Visits = request.app.state.visits
    visit = visits.find(request)
    if visit.candidate is None:
        return _to("/")
    try:
        passed = (await request.app.state.operator.verify(visit.challenge, visit.decision)).passed
    except OperatorError:  # not passed yet, expired, or redeemed before
        passed = False
    if not passed:
        return page("denied", status=403, reference=visit.decision)
    return visits.begin(Visit(user=visit.candidate), request, _to("/lobby"))


async def lobby(request: Request) -> Response:
    visit = request.app.state.visits.find(request)
    return page("lobby", user=visit.user) if visit.user else _to("/")


async def log_out(request: Request) -> Response:
    request.app.state.visits.forget(request)
    return _to("/")


async def style(_request: Request) -> Response:
    return FileResponse(HERE / "style.css", media_type="text/css")


async def _form(request: Request) -> dict[str, str]:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_FORM:
            return {}
    return {name: values[-1] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}


def _to(path: str) -> Response:
    return RedirectResponse(path, 303)


def build(url: str, key: str, failover: str = "challenge") -> Starlette:
    """Return the login as an application that asks the collector at `url`."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with AsyncOperator(url, key, failover=failover, timeout=3.0) as operator:  # type: ignore[arg-type]
            app.state.operator, app.state.visits = operator, Visits()
            yield

    routes = [
        Route("/", show_login),
        Route("/login", log_in, methods=["POST"]),
        Route("/step-up", step_up),
        Route("/step-up/done", step_up_done),
        Route("/lobby", lobby),
        Route("/logout", log_out, methods=["POST"]),
        Route("/style.css", style),
    ]
    return Starlette(routes=routes, lifespan=lifespan)


def main() -> None:
    """Serve it."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--collector", default="http://127.0.0.1:8700")
    arguments.add_argument("--key", default=os.environ.get("COUNTERSIGN_KEY"), help="an operator's key, or COUNTERSIGN_KEY")
    arguments.add_argument("--port", type=int, default=8800)
    given = arguments.parse_args()
    if not given.key:
        arguments.error("an operator's key is needed: `countersign keys create operator` makes one")
    print(f"Open http://127.0.0.1:{given.port}/ and sign in as ada with lovelace; Ctrl-C ends it. Decisions come from {given.collector}")
    uvicorn.run(build(given.collector, given.key), host="127.0.0.1", port=given.port, log_level="warning")


if __name__ == "__main__":
    main()
