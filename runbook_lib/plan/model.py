"""Plans as frozen data: ordered changes, the choices that a person makes, and the digest that a person approves.

A plan holds no values of environment variables or secrets: what is edited is named by JSON pointer, and the document
itself is read again when the plan is applied.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, Literal

from runbook_lib.evidence.model import Target
from runbook_lib.plan.edits import Edit

SCHEMA = 1
_DIGITS = 12  # of the digest; a person types or copies them

Kind = Literal[
    "edit-file",
    "create-log-group",
    "modify-target-group",
    "register",
    "update-service",
    "roll-back",
    "stop-task",
    "restore-file",
    "deregister",
]
# How much a change may disturb: nothing, what is new only, running tasks, or what cannot be taken back.
Risk = Literal["none", "rollout", "interrupts", "checks", "gone"]


@dataclass(frozen=True)
class Change:
    """One change.

    Attributes
    ----------
    id
        Names it within its plan: ``register``, ``stop-task:7deb3a09...``.
    kind
        What is done.
    rules
        The verdicts that ask for it, by rule.
    about
        What it is done to, by names and ARNs: ``{"family", "base"}``, ``{"path"}``, ``{"target_group_arn"}`` ...
    edits
        Of ``register`` and ``edit-file``: the edits, against what ``about`` names.
    before
        What is there now, in AWS's field names: the precondition, and what undoing restores.
    after
        What is to be there. Of ``update-service`` the members of UpdateService; ``taskDefinition`` is ``""`` for the
        revision that ``register`` makes.
    risk
        How much it may disturb.
    """

    id: str
    kind: Kind
    rules: tuple[str, ...]
    about: Mapping[str, Any]
    edits: tuple[Edit, ...] = ()
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    risk: Risk = "none"


@dataclass(frozen=True)
class Option:
    """One answer to a choice, and what is known of it (``pushed_at``, ``digest``, ``revision``, ``why`` ...)."""

    value: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Choice:
    """A question that evidence does not decide; ``answer`` is ``""`` while it is open.

    ``suggested`` is the option that the evidence favours, ``""`` where none is; ``free`` takes other answers too.
    """

    id: str
    rule: str
    options: tuple[Option, ...]
    suggested: str = ""
    answer: str = ""
    free: bool = False


@dataclass(frozen=True)
class Plan:
    """What would be changed, in order.

    Attributes
    ----------
    target
        The service that it is for.
    base
        What it was made against: ``revision`` (ARN), ``deployment`` (id), ``file`` (its path) with ``sha256``.
    changes
        In the order in which they are applied.
    choices
        All questions, answered and open.
    by_hand
        Rules whose fix only a person can carry out.
    kind
        ``fix`` or ``undo``; an undo names the plan that it takes back in ``base["undoes"]``.
    """

    target: Target
    base: Mapping[str, str]
    changes: tuple[Change, ...] = ()
    choices: tuple[Choice, ...] = ()
    by_hand: tuple[str, ...] = ()
    kind: Literal["fix", "undo"] = "fix"

    @property
    def open(self) -> tuple[Choice, ...]:
        """The choices without an answer: while there is one, the plan cannot be approved."""
        return tuple(choice for choice in self.choices if not choice.answer)

    @property
    def ready(self) -> bool:
        """Whether it can be approved."""
        return bool(self.changes) and not self.open

    @cached_property
    def digest(self) -> str:
        """What a person approves: of target, base and changes, whatever the order of members; never of times."""
        whole = {"target": asdict(self.target), "kind": self.kind, "base": self.base, "changes": self.changes}
        text = json.dumps(_plain(whole), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]


def as_tree(plan: Plan) -> dict[str, Any]:
    """A plan as JSON values."""
    tree: dict[str, Any] = _plain(plan)
    return {"schema": SCHEMA, "digest": plan.digest, **tree}


def from_tree(tree: Mapping[str, Any]) -> Plan:
    """A plan from JSON values.

    Raises
    ------
    KeyError, TypeError, ValueError
        It is none, or of a newer schema.
    """
    if tree["schema"] != SCHEMA:
        raise ValueError(tree["schema"])
    return Plan(
        Target(**tree["target"]),
        dict(tree["base"]),
        tuple(_change(each) for each in tree["changes"]),
        tuple(_choice(each) for each in tree["choices"]),
        tuple(tree["by_hand"]),
        tree["kind"],
    )


def _change(tree: Mapping[str, Any]) -> Change:
    edits = tuple(Edit(**edit) for edit in tree["edits"])
    return Change(**{**tree, "rules": tuple(tree["rules"]), "edits": edits})


def _choice(tree: Mapping[str, Any]) -> Choice:
    return Choice(**{**tree, "options": tuple(Option(**option) for option in tree["options"])})


def _plain(value: Any) -> Any:
    if hasattr(value, "__dataclass_fields__"):
        return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def ordered(names: Iterable[str]) -> tuple[str, ...]:
    """Each name once, in the order in which they first stand."""
    return tuple(dict.fromkeys(names))
