"""IAM policies: read a document, and decide whether it allows an action on a resource.

The evaluation is IAM's for one identity policy (IAM User Guide, "Policy evaluation logic"): an explicit Deny beats an
Allow, and what no statement allows is denied. moto has an evaluator too; it takes a Condition that is not met for a
Deny, and compares actions with case, so it cannot tell whether a policy suffices.

A policy that somebody puts in force for the lab's clients is refused where it has what is not evaluated. One that is
stored in IAM or ECR is not the lab's to refuse: a statement of it with such a thing never allows, and always denies.
"""

import re
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any

_MEMBERS = {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"}
_VERSIONS = ("2012-10-17", "2008-10-17")
_VARIABLE = re.compile(r"\$\{[^}]*\}")
_ACTION = re.compile(r"\*|[a-zA-Z0-9*?-]+:[a-zA-Z0-9*?]+")

Context = dict[str, str]


class Decision(Enum):
    """What policies say of a call, in IAM's words; the last two are of a permissions boundary."""

    ALLOWED = "allowed"
    NOT_ALLOWED = "because no identity-based policy allows the {action} action"
    FORBIDDEN = "with an explicit deny in an identity-based policy"
    NOT_SHARED = "because no resource-based policy allows the {action} action"
    OUT_OF_BOUNDS = "because no permissions boundary allows the {action} action"
    FORBIDDEN_BY_BOUNDARY = "with an explicit deny in a permissions boundary"


@dataclass(frozen=True)
class Dialect:
    """What is evaluated: operators, condition keys (in lower case), and whether anything else is refused."""

    operators: tuple[str, ...]
    keys: tuple[str, ...]
    refuses: bool


CLIENTS = Dialect(
    ("ArnEquals", "ArnLike", "StringEquals", "StringLike"),
    ("ecs:cluster", "ecs:service", "ecs:task-definition", "iam:passedtoservice"),
    refuses=True,
)
_STORED_OPERATORS = (*CLIENTS.operators, "ArnNotEquals", "ArnNotLike", "StringNotEquals", "StringNotLike", "Bool")
STORED = Dialect(
    (*_STORED_OPERATORS, *(f"{operator}IfExists" for operator in _STORED_OPERATORS)),
    (
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principaltype",
        "aws:requestedregion",
        "aws:securetransport",
        "aws:sourceaccount",
        "aws:sourcearn",
    ),
    refuses=False,
)


@dataclass(frozen=True)
class Statement:
    """One statement. ``not_actions`` and ``not_resources`` say that the lists name what is left out.

    `doubtful` says that it has what is not evaluated; `unknown` are the condition keys of that.
    """

    allows: bool
    actions: tuple[str, ...]
    not_actions: bool
    resources: tuple[str, ...]
    not_resources: bool
    conditions: tuple[tuple[str, str, tuple[str, ...]], ...]
    doubtful: bool = False
    unknown: tuple[str, ...] = ()

    def names(self, action: str, resource: str) -> bool:
        """Whether the statement is about an action on a resource. Actions are compared without case."""
        about_action = any(_like(pattern.lower(), action.lower()) for pattern in self.actions) != self.not_actions
        return about_action and any(_like(pattern, resource) for pattern in self.resources) != self.not_resources

    def is_about(self, action: str, resource: str, context: Context) -> bool:
        """Whether the statement applies, its conditions included."""
        if self.doubtful:
            return self.names(action, resource) and not self.allows
        return self.names(action, resource) and all(_holds(*one, context) for one in self.conditions)


@dataclass(frozen=True)
class Policy:
    """An identity policy in force; `document` is what it was read from."""

    document: dict[str, Any]
    statements: tuple[Statement, ...]

    def decide(self, action: str, resource: str, context: Context) -> Decision:
        """Decide one action on one resource."""
        about = [statement for statement in self.statements if statement.is_about(action, resource, context)]
        if not all(statement.allows for statement in about):
            return Decision.FORBIDDEN
        return Decision.ALLOWED if about else Decision.NOT_ALLOWED

    def missing(self, action: str, resource: str, context: Context) -> set[str]:
        """Return the condition keys that decide an action on a resource and are not evaluated or have no value."""
        named = [statement for statement in self.statements if statement.names(action, resource)]
        keys = {key for statement in named for _, key, _ in statement.conditions if key not in context}
        return keys.union(*(statement.unknown for statement in named))


def read(document: Any, dialect: Dialect = CLIENTS) -> Policy:
    """Read a policy document.

    Raises ValueError for what is no identity policy, and where the dialect refuses it for what is not evaluated.
    """
    if not isinstance(document, dict) or "Statement" not in document:
        raise ValueError("a policy document is an object with a Statement")
    if document.get("Version", _VERSIONS[1]) not in (_VERSIONS[:1] if dialect.refuses else _VERSIONS):
        raise ValueError(f"Version must be 2012-10-17, not {document.get('Version')!r}")
    unknown = sorted(set(document) - {"Version", "Id", "Statement"})
    if unknown:
        raise ValueError(f"unknown members of a policy document: {unknown}")
    statements = document["Statement"]
    found = statements if isinstance(statements, list) else [statements]
    return Policy(document, tuple(_statement(dialect, number, one) for number, one in enumerate(found, 1)))


def stored(document: Any) -> Policy:
    """Read a policy that is stored somewhere; one that can not be read (IAM would not have taken it) denies all."""
    try:
        return read(document, STORED)
    except ValueError:
        return Policy({}, (Statement(False, ("*",), False, ("*",), False, ()),))


def _statement(dialect: Dialect, number: int, given: Any) -> Statement:
    where = f"statement {number}"
    if not isinstance(given, dict):
        raise ValueError(f"{where} is no object")
    unknown = sorted(set(given) - _MEMBERS)
    if unknown:
        raise ValueError(f"{where} has members {unknown}; an identity policy knows {sorted(_MEMBERS)}")
    if given.get("Effect") not in ("Allow", "Deny"):
        raise ValueError(f"{where}: Effect must be Allow or Deny, not {given.get('Effect')!r}")
    actions, not_actions = _either(where, given, "Action")
    resources, not_resources = _either(where, given, "Resource")
    wrong = [action for action in actions if not _ACTION.fullmatch(action)]
    if dialect.refuses:
        wrong += [one for one in resources if one != "*" and (one.count(":") < 5 or "${" in one)]
    if wrong:
        raise ValueError(f"{where}: {wrong} are neither actions nor ARNs (policy variables are not evaluated)")
    doubtful = any("${" in one for one in resources)
    conditions, left_out = _conditions(dialect, where, given.get("Condition", {}))
    return Statement(
        given["Effect"] == "Allow",
        actions,
        not_actions,
        _widened(resources, not_resources),
        not_resources,
        conditions,
        doubtful or bool(left_out),
        left_out,
    )


def _widened(resources: tuple[str, ...], left_out: bool) -> tuple[str, ...]:
    """Resources where a policy variable may be anything: a statement applies to all of them that it may be about."""
    if left_out:
        return tuple(one for one in resources if "${" not in one)
    return tuple(_VARIABLE.sub("*", one) for one in resources)


def _either(where: str, given: dict[str, Any], name: str) -> tuple[tuple[str, ...], bool]:
    """A member and its negation, of which a statement has one; and whether it is the negation."""
    there = [member for member in (name, f"Not{name}") if member in given]
    if len(there) != 1:
        raise ValueError(f"{where} needs either {name} or Not{name}")
    return _texts(where, there[0], given[there[0]]), there[0] != name


def _texts(where: str, member: str, value: Any) -> tuple[str, ...]:
    texts = value if isinstance(value, list) else [value]
    if not texts or not all(isinstance(text, str) for text in texts):
        raise ValueError(f"{where}: {member} must be a text or a list of texts")
    return tuple(texts)


def _conditions(
    dialect: Dialect, where: str, given: Any
) -> tuple[tuple[tuple[str, str, tuple[str, ...]], ...], tuple[str, ...]]:
    """The conditions that are evaluated, and the keys of the others."""
    if not isinstance(given, dict) or not all(isinstance(block, dict) for block in given.values()):
        raise ValueError(f"{where}: Condition must be an object of operators, each an object of keys")
    found, left_out = [], []
    for operator, block in given.items():
        for key, value in block.items():
            if operator in dialect.operators and key.lower() in dialect.keys:
                found.append((operator, key.lower(), _texts(where, key, _as_texts(value))))
            elif dialect.refuses:
                raise ValueError(
                    f"{where}: the lab evaluates {dialect.operators} on {dialect.keys}, not {operator} on {key}"
                )
            else:
                left_out.append(key)
    return tuple(found), tuple(left_out)


def _as_texts(value: Any) -> Any:
    """A condition's value, which for Bool may be a JSON boolean."""
    return str(value).lower() if isinstance(value, bool) else value


def _holds(operator: str, key: str, values: tuple[str, ...], context: Context) -> bool:
    """Whether a condition is met; about a key that the call does not have, only Not... and ...IfExists are."""
    plain = operator.removesuffix("IfExists").replace("Not", "")
    negated = "Not" in operator
    if key not in context:
        return negated or operator.endswith("IfExists")
    compare = {"StringEquals": str.__eq__, "Bool": str.__eq__, "StringLike": _like}.get(plain, _arn_like)
    return any(compare(value, context[key]) for value in values) is not negated


def _arn_like(pattern: str, arn: str) -> bool:
    """ArnEquals and ArnLike alike: each of the six parts between colons is compared by itself."""
    wanted, given = pattern.split(":", 5), arn.split(":", 5)
    return len(wanted) == len(given) and all(_like(*pair) for pair in zip(wanted, given, strict=True))


def _like(pattern: str, text: str) -> bool:
    """``*`` stands for any characters (in a Resource beyond colons too), ``?`` for one."""
    return _compiled(pattern).fullmatch(text) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL)
