"""A policy: ordered rules and named thresholds, read from a TOML file. The first rule that holds decides."""

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import msgspec

from collector.policy.expression import Condition, ExpressionError, compile_condition


class Verdict(StrEnum):
    """What the operator is told to do."""

    ALLOW = "allow"
    CHALLENGE = "challenge"
    DENY = "deny"


class ChallengeKind(StrEnum):
    """What a player can be asked for."""

    CAPTCHA = "captcha"
    SECOND_FACTOR = "second_factor"


class NotEnrolled(StrEnum):
    """What becomes of a second factor that the subject has not enrolled."""

    CAPTCHA = "captcha"
    DENY = "deny"


class PolicyError(ValueError):
    """A policy file that can't be used. The message names the rule and the position."""


@dataclass(frozen=True, slots=True)
class Rule:
    """When `when` holds, `verdict` for `reason`."""

    name: str
    when: Condition
    verdict: Verdict
    reason: str
    explain: str
    challenge: ChallengeKind | None = None


@dataclass(frozen=True, slots=True)
class ChallengeTerms:
    """How long a challenge may be answered, and how often."""

    lifetime_s: int
    attempts: int


@dataclass(frozen=True, slots=True)
class Policy:
    """A checked policy. `version` names the file's content."""

    version: str
    rules: tuple[Rule, ...]
    limits: Mapping[str, float]
    terms: Mapping[ChallengeKind, ChallengeTerms]
    names: frozenset[str]
    """The variables of a situation that the rules mention: to turn others into values of the rule language would be for nothing."""
    failover: Mapping[str, Verdict] = field(default_factory=dict)
    """By action: what to say when evidence or a rule fails."""
    not_enrolled: NotEnrolled = NotEnrolled.CAPTCHA


class _RuleRow(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    when: str
    verdict: Verdict
    reason: str
    explain: str
    challenge: ChallengeKind | None = None


class _TermsRow(msgspec.Struct, forbid_unknown_fields=True):
    lifetime_s: int
    attempts: int


class _File(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    rules: list[_RuleRow]
    challenges: dict[ChallengeKind, _TermsRow]
    limits: dict[str, float] = {}
    failover: dict[str, Verdict] = {}
    not_enrolled: NotEnrolled = NotEnrolled.CAPTCHA


_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_CODE: Final = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
_PATH: Final = re.compile(r"`\$\.rules\[(\d+)\]")
_MAX_RULES: Final = 100


def load(path: Path | None = None) -> Policy:
    """Return the policy of a file, by default the one that ships. Raises PolicyError, or OSError where there is no file."""
    if path is None:
        return parse(files("collector.policy").joinpath("default.toml").read_text("utf-8"))
    return parse(path.read_text("utf-8"))


def parse(text: str) -> Policy:
    """Return the policy that a TOML text describes. Raises PolicyError."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PolicyError(f"the policy is no valid TOML: {error}") from error
    try:
        read = msgspec.convert(raw, _File)
    except msgspec.ValidationError as error:
        raise PolicyError(f"{_place(raw, str(error))}{error}") from error
    _check(read)
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    rules = tuple(_rule(row, read.limits) for row in read.rules)
    return Policy(
        version=f"{read.name}-{digest}",
        rules=rules,
        limits=dict(read.limits),
        terms={kind: ChallengeTerms(row.lifetime_s, row.attempts) for kind, row in read.challenges.items()},
        failover=dict(read.failover),
        not_enrolled=read.not_enrolled,
        names=frozenset().union(*(rule.when.names for rule in rules)),
    )


def _place(raw: Mapping[str, Any], message: str) -> str:
    found = _PATH.search(message)
    if found is None:
        return ""
    row = raw["rules"][int(found[1])]
    name = row.get("name") if isinstance(row, dict) else None
    return f"rule {name!r} (number {int(found[1]) + 1}): " if isinstance(name, str) else f"rule number {int(found[1]) + 1}: "


def _check(read: _File) -> None:
    if not _NAME.fullmatch(read.name):
        raise PolicyError(f"name: {read.name!r} is not of the form {_NAME.pattern}")
    if not 1 <= len(read.rules) <= _MAX_RULES:
        raise PolicyError(f"rules: there must be 1 to {_MAX_RULES}")
    seen: set[str] = set()
    for number, row in enumerate(read.rules, 1):
        where = f"rule {row.name!r} (number {number})"
        if not _NAME.fullmatch(row.name) or row.name in seen:
            raise PolicyError(f"{where}: name: must be of the form {_NAME.pattern}, and used once")
        if not _CODE.fullmatch(row.reason):
            raise PolicyError(f"{where}: reason: {row.reason!r} is no dotted code such as risk.high")
        if (row.verdict is Verdict.CHALLENGE) != (row.challenge is not None):
            raise PolicyError(f"{where}: challenge: needed with verdict 'challenge', and only then")
        seen.add(row.name)
    if read.rules[-1].when.strip() != "true":
        raise PolicyError(f"rule {read.rules[-1].name!r} (number {len(read.rules)}): when: the last must be 'true', for what is left")
    for kind in ChallengeKind:
        if kind not in read.challenges:
            raise PolicyError(f"challenges.{kind}: is missing: lifetime_s and attempts")
    for kind, terms in read.challenges.items():
        if not (10 <= terms.lifetime_s <= 86_400 and 1 <= terms.attempts <= 20):
            raise PolicyError(f"challenges.{kind}: lifetime_s must be 10 to 86400, attempts 1 to 20")


def _rule(row: _RuleRow, limits: Mapping[str, float]) -> Rule:
    try:
        when = compile_condition(row.when, limits)
    except ExpressionError as error:
        raise PolicyError(f"rule {row.name!r}: when: {error}") from error
    return Rule(row.name, when, row.verdict, row.reason, row.explain, row.challenge)
