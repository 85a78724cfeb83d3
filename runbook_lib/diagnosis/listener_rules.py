"""Rules of listeners as Elastic Load Balancing tries them: which one takes a request, and a request that one takes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

DEFAULT = "default"
_METHOD = "GET"


@dataclass(frozen=True)
class Rule:
    """A rule: patterns of hosts and paths, conditions that no plain request of ours meets for sure, and what it does.

    ``others`` are the fields of those conditions: a header, a query, a source address, a method that is not GET, or a
    regular expression.
    """

    priority: str
    hosts: tuple[str, ...]
    paths: tuple[str, ...]
    others: tuple[str, ...]
    actions: tuple[dict[str, Any], ...]

    def takes(self, host: str, path: str) -> bool:
        """Whether host and path are as the rule wants them."""
        return _any(self.hosts, host, re.IGNORECASE) and _any(self.paths, path.partition("?")[0], 0)

    def groups(self) -> dict[str, int]:
        """The target groups that it forwards to, each with its weight; those without weight get nothing."""
        found: dict[str, int] = {}
        for action in self.actions:
            rows = action.get("ForwardConfig", {}).get("TargetGroups") or [action]
            found |= {row["TargetGroupArn"]: row.get("Weight", 1) for row in rows if row.get("TargetGroupArn")}
        return {arn: weight for arn, weight in found.items() if weight or len(found) == 1}

    def redirect(self) -> dict[str, Any]:
        """Where it redirects to, or nothing."""
        return next((action["RedirectConfig"] for action in self.actions if "RedirectConfig" in action), {})

    @property
    def signs_in(self) -> bool:
        """Whether it wants a person to sign in first (OpenID Connect, Cognito, a token)."""
        return any(action["Type"].startswith(("authenticate", "jwt")) for action in self.actions)


def rules(listener: dict[str, Any], rows: Iterable[dict[str, Any]]) -> tuple[Rule, ...]:
    """The rules in the order in which they are tried, the default one last; without rows that one alone."""
    found = sorted((_rule(row) for row in rows), key=lambda rule: (rule.priority == DEFAULT, _number(rule.priority)))
    if any(rule.priority == DEFAULT for rule in found):
        return tuple(found)
    return (*found, Rule(DEFAULT, (), (), (), tuple(listener["DefaultActions"])))


def winner(tried: tuple[Rule, ...], host: str, path: str) -> Rule:
    """The rule that takes a plain GET, as far as it can be told: rules with other conditions are passed over."""
    return next(rule for rule in tried if (not rule.others and rule.takes(host, path)) or rule.priority == DEFAULT)


def example(patterns: tuple[str, ...], wish: str) -> str:
    """``wish`` where a pattern takes it or there is none, else what the first pattern takes with the least in it."""
    if _any(patterns, wish, re.IGNORECASE):
        return wish
    first = patterns[0]
    return re.sub(r"^\*\.", "www.", first).replace("*", "").replace("?", "a")


def _number(priority: str) -> int:
    return int(priority) if priority.isdigit() else 0


def _rule(row: dict[str, Any]) -> Rule:
    conditions = row["Conditions"]
    return Rule(
        row["Priority"],
        _values(conditions, "host-header"),
        _values(conditions, "path-pattern"),
        tuple(dict.fromkeys(other for condition in conditions if (other := _other(condition)))),
        tuple(row["Actions"]),
    )


def _values(conditions: list[dict[str, Any]], field: str) -> tuple[str, ...]:
    return tuple(value for c in conditions if c["Field"] == field for value in c["Values"])


def _other(condition: dict[str, Any]) -> str:
    """The condition's field where a plain GET does not meet it for sure, else ``""``."""
    field: str = condition["Field"]
    if condition["Regex"]:
        return "regex"
    met = field in ("host-header", "path-pattern") or (
        field == "http-request-method" and _METHOD in condition["Values"]
    )
    return "" if met else field


def _any(patterns: tuple[str, ...], text: str, flags: int) -> bool:
    return not patterns or any(re.fullmatch(_expression(pattern), text, flags) for pattern in patterns)


def _expression(pattern: str) -> str:
    """``*`` stands for any number of characters, ``?`` for one (Elastic Load Balancing, rule condition types)."""
    return "".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in re.sub(r"\*+", "*", pattern))
