"""One condition in CEL (the Common Expression Language, cel.dev): bounded, without side effects, checked when it is loaded.

The checker finds what evaluation would only find on the day that it matters: unknown names, thresholds that the file does not
give, and conditions that are no truth value or fail where scores abstain.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

import cel

from collector.policy.situation import FUNCTIONS, VARIABLES, Presence, Situation, Visitor, context
from signals.types import Assessment, DeviceMemory, Score, ScoreName

MAX_LENGTH: Final = 2000
"""Characters of one condition."""

_STANDARD: Final = frozenset(
    ("size", "contains", "startsWith", "endsWith", "matches", "has", "int", "uint", "double", "string", "bool", "type")
)
_POSITION: Final = re.compile(r"<input>:(\d+):(\d+): (.*)")
_MEMBER: Final = re.compile(r"\b(limits|scores|confidence)\.([A-Za-z_]\w*)")
_CALL: Final = re.compile(r"\bscore\(\s*['\"]([^'\"]*)['\"]")
_BOUND: Final = re.compile(r"\.(?:all|exists|exists_one|map|filter)\(\s*(\w+)\s*,")


class ExpressionError(ValueError):
    """A condition that can't be used: `line` and `column` (from 1) within it, and what is wrong."""

    def __init__(self, what: str, line: int = 1, column: int = 1) -> None:
        super().__init__(f"line {line}, column {column}: {what}")
        self.line = line
        self.column = column


class EvaluationError(Exception):
    """A condition that could not be evaluated in a situation."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled and checked condition."""

    source: str
    program: cel.Program = field(repr=False, compare=False)

    @property
    def names(self) -> frozenset[str]:
        """The variables of a situation that it mentions."""
        return VARIABLES.intersection(self.program.variables())

    def holds(self, where: cel.Context) -> bool:
        """Tell whether it holds. Raises EvaluationError; never takes a failure for a no."""
        try:
            value = self.program.execute(where)
        except Exception as error:  # the engine raises its own mix of built-in types
            raise EvaluationError(_first_sentence(error)) from error
        if not isinstance(value, bool):
            raise EvaluationError(f"gives {type(value).__name__}, not a truth value")
        return value


def compile_condition(source: str, limits: Mapping[str, float]) -> Condition:
    """Return the compiled condition. Raises ExpressionError with the position of what is wrong."""
    if len(source) > MAX_LENGTH:
        raise ExpressionError(f"is longer than {MAX_LENGTH} characters")
    try:
        program = cel.compile(source)
    except ValueError as error:
        raise _syntax(error) from error
    condition = Condition(source, program)
    _check_names(condition, limits)
    for name, situation in _SAMPLES.items():
        try:
            condition.holds(context(situation, limits))
        except EvaluationError as error:
            raise ExpressionError(f"fails {name}: {error}") from error
    return condition


def _check_names(condition: Condition, limits: Mapping[str, float]) -> None:
    source = condition.source
    bound = set(_BOUND.findall(source))
    for name in condition.program.variables():
        if name not in VARIABLES and name not in bound:
            raise _at(source, rf"\b{re.escape(name)}\b", f"there is no {name!r}; there are {', '.join(sorted(VARIABLES))}")
    for name in condition.program.functions():
        if name[0].isalpha() and name not in FUNCTIONS and name not in _STANDARD:
            raise _at(source, rf"\b{re.escape(name)}\b", f"there is no function {name!r}")
    names = {name.value for name in ScoreName}
    known: dict[str, Collection[str]] = {"limits": limits, "scores": names, "confidence": names}
    for found in _MEMBER.finditer(source):
        if found[2] not in known[found[1]]:
            raise _error(source, found.start(), f"there is no {found[0]!r}")
    for found in _CALL.finditer(source):
        if found[1] not in names:
            raise _error(source, found.start(), f"there is no score {found[1]!r}")


def _at(source: str, pattern: str, what: str) -> ExpressionError:
    found = re.search(pattern, source)
    return _error(source, found.start() if found else 0, what)


def _error(source: str, offset: int, what: str) -> ExpressionError:
    before = source[:offset]
    return ExpressionError(what, before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1)


def _syntax(error: ValueError) -> ExpressionError:
    found = _POSITION.search(str(error))
    if found is None:
        return ExpressionError(_first_sentence(error))
    return ExpressionError(found[3], int(found[1]), int(found[2]))


def _first_sentence(error: Exception) -> str:
    text = str(error.args[0]) if error.args else type(error).__name__
    if isinstance(error, KeyError):
        return f"there is no key {text!r}" if text else "there is no such key"
    return text.split(". ")[0]


_SURE: Final = Score(0.5, 0.5)
_SILENCE: Final = Assessment(0.5, 0.0, dict.fromkeys(ScoreName, Score(None, 0.0)), "sample")
_SAMPLES: Final[Mapping[str, Situation]] = {
    "where everything is known": Situation(
        action="login",
        assessment=Assessment(0.5, 0.0, dict.fromkeys(ScoreName, _SURE), "sample"),
        device=DeviceMemory(known=True, sessions=1),
        subject=Visitor(given=True, known=True, second_factor=True),
        session=Presence("ok", 1, 1.0),
    ),
    "where scores abstain": Situation(
        action="login",
        assessment=_SILENCE,
        device=DeviceMemory(),
        session=Presence("ok", 1, 1.0),
    ),
    "where there is no session": Situation("login", _SILENCE),
}
