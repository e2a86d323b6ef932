"""Scores a list of past logins with the code of the service: what it would have said at each, knowing only those before."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

import msgspec

from collector.places import Places
from collector.problems import Problem
from collector.secrets import Secrets
from collector.visits import visit_of
from geo.place import Place
from signals.catalog import DETECTORS
from signals.combine import assess
from signals.drift.features import keys
from signals.drift.journey import DAY_US, learn_journey, weight
from signals.history import EMPTY
from signals.model import Model
from signals.types import Assessment, Evidence, ScoreName, SubjectMemory, Surroundings
from signals.visit import Visit

SCORES: Final = (ScoreName.NETWORK, ScoreName.DRIFT)
DETECTORS_USED: Final = tuple(detector for detector in DETECTORS if detector.score in SCORES)
FRAUD: Final = "fraud"
_NOWHERE: Final = "192.0.2.1"  # documentation only (RFC 5737): stands in where a line gives a place and no address


class BadLogin(ValueError):
    """A line can't be used; the message names it and says why."""


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """One line. `label` "fraud" is scored and never learned; anything else may stand there."""

    user: str
    t: float
    """Seconds since the epoch."""
    ip: str | None = None
    place: Place | None = None
    """Instead of a look-up."""
    user_agent: str | None = None
    device: str | None = None
    timezone: str | None = None
    language: str | None = None
    round: str | None = None
    label: str | None = None


_decoder: Final = msgspec.json.Decoder(Login)


def read(lines: Iterable[bytes]) -> Iterator[tuple[int, Login]]:
    """Yield each login with its line's number, from 1; empty lines are passed over. Raises BadLogin."""
    before = 0.0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            login = _decoder.decode(line)
        except msgspec.ValidationError as error:
            raise BadLogin(f"line {number}: {error}") from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise BadLogin(f"line {number}: not JSON: {error}") from error
        if not 0.0 <= login.t < 2**53 / 1e6:
            raise BadLogin(f"line {number}: `t` has to be seconds since the epoch, not {login.t}")
        if login.t < before:
            raise BadLogin(f"line {number}: `t` is {login.t}, before the line above it; sort the lines by time")
        before = login.t
        yield number, login


@dataclass(slots=True)
class Backtest:
    """What is remembered between the lines, as the store would."""

    model: Model
    places: Places = field(default_factory=Places)
    secrets: Secrets = field(default_factory=lambda: Secrets((bytes(32),)))
    """Any will do: pseudonyms are only compared."""
    journeys: dict[str, bytes] = field(default_factory=dict)
    counts: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    crowds: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))

    def scored(self, lines: Iterable[bytes]) -> Iterator[tuple[Login, Assessment]]:
        """Yield each line's login with its assessment. Raises BadLogin."""
        for number, login in read(lines):
            try:
                yield login, self.score(login)
            except BadLogin as error:
                raise BadLogin(f"line {number}: {error}") from error

    def score(self, login: Login) -> Assessment:
        """Return what the service would say to this login, then remember it. Raises BadLogin for an address that is none."""
        visit = self._visit(login)
        evidence = Evidence(EMPTY, surroundings=self._around(visit), subject=SubjectMemory(self.journeys.get(login.user, b"")), visit=visit)
        assessment = assess(evidence, self.model, detectors=DETECTORS_USED)
        self._remember(login, visit)
        return assessment

    def _visit(self, login: Login) -> Visit:
        told = {"user_agent": login.user_agent, "timezone": login.timezone, "language": login.language, "round": login.round}
        places = Places(lambda _: login.place) if login.place is not None else self.places
        try:
            visit = visit_of({"ip": login.ip or _NOWHERE, **told}, login.device, int(login.t * 1e6), places, self.secrets)
        except Problem as problem:
            raise BadLogin(f"`ip`: {problem.detail}") from problem
        assert visit is not None
        return visit if login.ip is not None else replace(visit, address=None, prefix=None)

    def _around(self, visit: Visit) -> Surroundings:
        now = weight(visit.at_us)
        common = {text: self.counts[text] / now for key in keys(visit) if (text := key.hex()) in self.counts}
        here, near = (self._crowd(key, visit.at_us) for key in (visit.address, visit.prefix))
        subjects = [sum(who.startswith("s:") for who in crowd) for crowd in (here, near)]
        return Surroundings(float(subjects[0]), float(len(here) - subjects[0]), float(subjects[1]), common=common)

    def _crowd(self, key: str | None, now_us: int) -> list[str]:
        if key is None:
            return []
        crowd = self.crowds[key]
        for who in [who for who, seen_us in crowd.items() if seen_us <= now_us - DAY_US]:
            del crowd[who]
        return list(crowd)

    def _remember(self, login: Login, visit: Visit) -> None:
        for key in (visit.address, visit.prefix):
            if key is not None:
                self.crowds[key][f"s:{login.user}"] = visit.at_us
        if visit.address is not None and visit.device is not None:
            self.crowds[visit.address][f"d:{visit.device}"] = visit.at_us
        if login.label == FRAUD:
            return
        self.journeys[login.user] = learn_journey(self.journeys.get(login.user, b""), visit)
        now = weight(visit.at_us)
        for feature in keys(visit):
            self.counts[feature.hex()] += now
