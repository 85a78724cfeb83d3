"""Whether a resource's own policy (a role's trust, a repository's sharing) admits somebody, as far as that can be told.

IAM User Guide, "Policy evaluation logic": an explicit Deny beats an Allow, and what no statement allows is denied.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal

Said = bool | None  # None: it depends on what is not known here
_COMPARED = ("StringEquals", "StringLike", "ArnEquals", "ArnLike")


@dataclass(frozen=True)
class Asker:
    """Who asks: the kind in which a policy names it, its names, and the condition keys (in lower case) it comes with.

    A value that ends in ``*`` is known up to there.
    """

    kind: Literal["AWS", "Service"]
    names: frozenset[str]
    context: Mapping[str, str]


def admits(policy: Any, asker: Asker, action: str) -> Said:
    """Whether a policy document allows an action; None where a condition that is not evaluated decides."""
    statements = policy.get("Statement", []) if isinstance(policy, dict) else []
    listed = [each for each in _listed(statements) if isinstance(each, dict)]
    denies = [_applies(each, asker, action) for each in listed if each.get("Effect") == "Deny"]
    allows = [_applies(each, asker, action) for each in listed if each.get("Effect") == "Allow"]
    if True in denies:
        return False
    allowed = True if True in allows else (None if None in allows else False)
    return None if allowed and None in denies else allowed


def _applies(statement: dict[str, Any], asker: Asker, action: str) -> Said:
    conditions = statement.get("Condition") or {}
    return _all(
        (
            _names(statement, asker),
            _is_about(statement, action),
            *(
                _holds(operator, key, value, asker)
                for operator, keys in conditions.items()
                for key, value in keys.items()
            ),
        )
    )


def _all(said: Iterable[Said]) -> Said:
    found = list(said)
    return False if False in found else (None if None in found else True)


def _names(statement: dict[str, Any], asker: Asker) -> Said:
    """Everybody (``*``) is any account; whether AWS's services are among them is not told."""
    given = statement.get("Principal")
    if given is None:
        return None
    if given == "*":
        return True if asker.kind == "AWS" else None
    listed = _listed(given.get(asker.kind, [])) if isinstance(given, dict) else []
    return any(name == "*" or name in asker.names for name in listed)


def _is_about(statement: dict[str, Any], action: str) -> bool:
    listed = _listed(statement.get("Action", statement.get("NotAction", [])))
    found = any(fnmatchcase(action.lower(), str(pattern).lower()) for pattern in listed)
    return found is ("Action" in statement)


def _holds(operator: str, key: str, values: Any, asker: Asker) -> Said:
    value = asker.context.get(key.lower())
    if value is None or operator.removesuffix("IfExists") not in _COMPARED:
        return None
    exact = operator.startswith("StringEquals")
    said = [_fits(value, str(pattern), exact=exact) for pattern in _listed(values)]
    return True if True in said else (None if None in said else False)


def _fits(value: str, pattern: str, *, exact: bool) -> Said:
    if value == pattern or (not exact and fnmatchcase(value, pattern)):
        return True
    known = value.removesuffix("*")
    return None if known != value and pattern.startswith(known) else False


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
