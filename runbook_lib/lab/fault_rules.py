"""Reads fault rules: what makes no sense is refused with its key, and the keys and names that there are."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Any

from runbook_lib.lab.embedded import service_model, service_names
from runbook_lib.lab.faults import Fault
from runbook_lib.lab.holding import AFTER, BEFORE
from runbook_lib.lab.presets import PRESETS

LONGEST_DELAY = 3600  # seconds
_MOST_CALLS = 1_000_000
_MOST_RULES = 1000
_LONGEST_TEXT = 10_000_000
_OUTCOMES = ("error", "body", "reset", "hang", "rates")  # a rule has one of them, or a preset
# Whose actions a rule may name without their service; the models of all services take seconds to load.
_USUAL = (
    "ecs", "elbv2", "ecr", "logs", "sts", "iam", "ec2", "secretsmanager", "ssm", "cloudwatch",
    "application-autoscaling", "kms", "sns", "sqs", "dynamodb", "rds", "cloudformation",
)  # fmt: skip
_EFFECTS = (*_OUTCOMES, "preset", "delay", "hold", "drip", "truncate", "garble")


@dataclass(frozen=True)
class _Key:
    """What a key takes: in words, and as a test."""

    takes: str
    accepts: Callable[[Any], bool]


def _whole(low: int, high: int) -> _Key:
    return _Key(f"a whole number from {low} to {high}", lambda given: _is_whole(given) and low <= given <= high)


def _number(high: float, above: bool = False) -> _Key:
    def accepts(given: Any) -> bool:
        return _is_number(given) and (given > 0 if above else given >= 0) and given <= high

    return _Key(f"a number {'above' if above else 'from'} 0 {'and up ' if above else ''}to {high:g}", accepts)


def _is_number(given: Any) -> bool:
    return isinstance(given, int | float) and not isinstance(given, bool)


def _is_whole(given: Any) -> bool:
    return isinstance(given, int) and not isinstance(given, bool)


def _is_numbers(given: Any) -> bool:
    return isinstance(given, list) and bool(given) and all(_is_whole(n) and 1 <= n <= _MOST_CALLS for n in given)


_TEXT = _Key("text", lambda given: isinstance(given, str) and len(given) <= _LONGEST_TEXT)
_NAME = _Key("a name", lambda given: isinstance(given, str) and 0 < len(given) <= _LONGEST_TEXT)
_SWITCH = _Key("true or false", lambda given: isinstance(given, bool))
_KEYS: dict[str, _Key] = {
    "preset": _NAME,
    "service": _NAME,
    "action": _NAME,
    "changes": _SWITCH,
    "times": _whole(1, _MOST_CALLS),
    "nth": _Key(f"a list of whole numbers from 1 to {_MOST_CALLS}", _is_numbers),
    "every": _whole(1, _MOST_CALLS),
    "probability": _number(1, above=True),
    "seed": _whole(-(2**63), 2**63),
    "delay": _number(LONGEST_DELAY),
    "hold": _Key(f"{BEFORE} or {AFTER}", lambda given: given in (BEFORE, AFTER)),
    "late": _SWITCH,
    "error": _NAME,
    "message": _TEXT,
    "body": _TEXT,
    "status": _whole(200, 599),
    "reset": _SWITCH,
    "hang": _SWITCH,
    "truncate": _SWITCH,
    "garble": _SWITCH,
    "drip": _number(LONGEST_DELAY),
    "rates": _SWITCH,
}


def read(rules: Any) -> list[tuple[dict[str, Any], Fault]]:
    """Return each rule with what it says.

    Raises ValueError with a sentence that names the rule (from 1), the key and what there is.
    """
    if not isinstance(rules, list) or len(rules) > _MOST_RULES:
        raise ValueError(f"rules: give a list of at most {_MOST_RULES} rules")
    return [(rule, _read(rule, f"rule {number}")) for number, rule in enumerate(rules, 1)]


def _read(rule: Any, where: str) -> Fault:
    if not isinstance(rule, dict):
        raise ValueError(f"{where}: give an object with keys among {', '.join(_KEYS)}")
    for key, value in rule.items():
        _check(key, value, where)
    preset = _known(rule.get("preset"), PRESETS, f"{where}: preset")
    given = {**PRESETS.get(preset or "", {}), **rule}
    _check_call(given.get("service"), given.get("action"), where)
    fault = Fault(**{**given, "nth": tuple(given.get("nth", ()))})
    _check_outcome(fault, rule, where)
    return fault


def _check(key: str, value: Any, where: str) -> None:
    if key not in _KEYS:
        raise ValueError(f"{where}: unknown key {key[:40]!r}; known are {', '.join(_KEYS)}")
    if not _KEYS[key].accepts(value):
        raise ValueError(f"{where}: {key} takes {_KEYS[key].takes}, not {repr(value)[:40]}")


def _known(name: str | None, known: Iterable[str], what: str, else_: str = "") -> str | None:
    names = list(known)
    if name is not None and name not in names:
        near = get_close_matches(name, names, n=1, cutoff=0.5)
        hint = f"the nearest is {near[0]!r}" if near else _listing(names)
        raise ValueError(f"{what}: there is no {name[:40]!r}; {hint}{else_}")
    return name


def _check_call(service: str | None, action: str | None, where: str) -> None:
    """A service must be one of boto3's and an action one of its API; REST services' calls are ``METHOD /path``."""
    _known(service, service_names() if service else (), f"{where}: service")
    if action and " " not in action:
        names = service_model(service).operation_names if service else _usual_actions()
        _known(action, names, f"{where}: action", "" if service else "; of another service, give its service too")


@cache
def _usual_actions() -> list[str]:
    return [name for service in _USUAL for name in service_model(service).operation_names]


def _check_outcome(fault: Fault, rule: dict[str, Any], where: str) -> None:
    asked = [name for name in _OUTCOMES if rule.get(name) not in (None, False)]
    if len(asked) > 1 or (fault.preset and asked):
        raise ValueError(f"{where}: does one thing only, not {' and '.join(['preset'] * bool(fault.preset) + asked)}")
    if not any(getattr(fault, name) not in (None, False, 0) for name in _EFFECTS):
        raise ValueError(f"{where}: does nothing; give one of {', '.join(_EFFECTS)}")


def _listing(names: list[str]) -> str:
    return f"known are {', '.join(names)}" if len(names) <= 20 else f"there are {len(names)}, such as {names[0]!r}"
