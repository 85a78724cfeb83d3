"""A role that may not do what it has to, or that ECS cannot assume: the commands that change just that."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from typing import Any

from runbook_lib.diagnosis import denials, deployments
from runbook_lib.diagnosis.denials import Denial
from runbook_lib.diagnosis.model import Verdict
from runbook_lib.evidence.model import Evidence, request
from runbook_lib.report.remedies import registries
from runbook_lib.report.remedies.model import POLICY, Facts, Todo, document, each, partition, redeploy

_MANAGED = "iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
_TRUST = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
_LONGEST_NAME = 64  # characters of a role's name
_ROLE = re.compile(r"arn:[\w-]+:iam::\d{12}:role((?:/[^/]+)*)/([\w+=,.@-]+)")


def denied(verdict: Verdict, evidence: Evidence) -> Iterator[Todo]:
    """Every refusal of the execution role, not the leading one alone: the next attempt would only meet the others."""
    role = str(verdict.facts.get("role") or "")
    refused = denials.of(evidence, role)
    if not role:
        yield from _new_role(evidence, refused)
        return
    if verdict.facts.get("shared") is False:
        yield from registries.sharing(evidence)
    yield from lifted(evidence, role, refused)
    yield from redeploy(evidence)
    if verdict.facts.get("shared") is False:
        yield from registries.copying(evidence)


def lifted(evidence: Evidence, role: str, refused: Iterable[Denial]) -> Iterator[Todo]:
    """What each refusal takes: a policy where nothing allows it, else whoever denies it."""
    refused = tuple(refused)
    of = {by: [one for one in refused if one.by == by] for by in ("nothing", "statement", "boundary", "organization")}
    yield from granted(evidence, role, of["nothing"])
    if of["statement"]:
        yield from _statement(role, of["statement"])
    if of["boundary"]:
        query = ("--query", "Role.PermissionsBoundary.PermissionsBoundaryArn", "--output", "text")
        yield Todo("remedies.role.boundary", ("iam", "get-role", *_named(role), *query), _about(role, of["boundary"]))
    if of["organization"]:
        yield Todo("remedies.role.organization", (), _about(role, of["organization"]))


def granted(evidence: Evidence, role: str, refused: Iterable[Denial]) -> Iterator[Todo]:
    """AWS's policy for pulling and logging, and for the rest one of exactly those actions on those resources."""
    refused = tuple(refused)
    usual = [one for one in refused if one.action in denials.MANAGED]
    if usual:
        yield attach(evidence, role, usual)
    if rest := [one for one in refused if one not in usual]:
        yield Todo("remedies.role.put", _put(role, document(*_statements(rest))), _about(role, rest))


def deciphering(evidence: Evidence, role: str, service: str, place: str) -> Iterator[Todo]:
    """``kms:Decrypt`` on the account's keys in a Region, as long as it is ``service`` that asks for it."""
    keys = f"arn:{partition(evidence)}:kms:{place}:key/*"
    condition = {"StringEquals": {"kms:ViaService": service}}
    policy = document({"Effect": "Allow", "Action": "kms:Decrypt", "Resource": keys, "Condition": condition})
    yield Todo("remedies.role.decrypt", _put(role, policy), {"name": role.rpartition("/")[2], "service": service})


def _put(role: str, policy: str) -> tuple[str, ...]:
    """An inline policy, named by what it says: it takes the place of itself alone."""
    name = f"{POLICY}-{hashlib.sha256(policy.encode()).hexdigest()[:8]}"
    return ("iam", "put-role-policy", *_named(role), "--policy-name", name, "--policy-document", policy)


def attach(evidence: Evidence, role: str, refused: Iterable[Denial] = ()) -> Todo:
    """AWS's own policy for execution roles."""
    policy = f"arn:{partition(evidence)}:{_MANAGED}"
    key = "attach" if refused else "attach-anyway"
    return Todo(
        f"remedies.role.{key}",
        ("iam", "attach-role-policy", *_named(role), "--policy-arn", policy),
        _about(role, refused),
    )


def unassumable(verdict: Verdict, evidence: Evidence) -> Iterator[Todo]:
    """A trust policy that admits ECS's tasks, a role under that very name, or the ARN of one that there is."""
    role, field = str(verdict.facts.get("role", "")), str(verdict.facts.get("field") or "executionRoleArn")
    known = _role_data(evidence, role)
    if verdict.facts.get("standing") == "untrusted":
        yield _trusting(role, known.get("AssumeRolePolicyDocument"))
        yield from redeploy(evidence)
        return
    namesake = str(known.get("Arn") or "")
    if namesake and namesake != role:
        yield Todo("remedies.role.namesake", (), {"field": field, "role": role, "namesake": namesake})
        return
    yield Todo("remedies.role.listed", _LIST, {"field": field, "role": role})
    if _account(role) == evidence.target.account and _ROLE.fullmatch(role):
        yield from _created(evidence, role, field)


_LIST = (
    *("iam", "list-roles", "--output", "text", "--query"),
    "Roles[?contains(to_string(AssumeRolePolicyDocument), 'ecs-tasks.amazonaws.com')].Arn",
)


def _created(evidence: Evidence, role: str, field: str) -> Iterator[Todo]:
    found = _ROLE.fullmatch(role)
    path = ("--path", f"{found[1]}/") if found and found[1] else ()
    trust = ("--assume-role-policy-document", document(_TRUST))
    yield Todo("remedies.role.create", ("iam", "create-role", *_named(role), *path, *trust), {"role": role})
    if field == "executionRoleArn":
        needs = denials.of(evidence, "")
        yield attach(evidence, role, needs)
        yield from granted(evidence, role, [one for one in needs if one.action not in denials.MANAGED])
    yield from redeploy(evidence)


def trusting(evidence: Evidence, role: str) -> Iterator[Todo]:
    """The same by ECS's words alone: the role was not read."""
    yield _trusting(role, _role_data(evidence, role).get("AssumeRolePolicyDocument"))
    yield from redeploy(evidence)


def _trusting(role: str, present: Any) -> Todo:
    """The document with what is trusted now, unless a statement denies; it takes the whole document's place."""
    given = present.get("Statement") if isinstance(present, dict) else None
    kept = [each for each in (given if isinstance(given, list) else [given]) if isinstance(each, dict)]
    keeps = bool(kept) and all(each.get("Effect") == "Allow" for each in kept)
    update = ("iam", "update-assume-role-policy", *_named(role), "--policy-document")
    key = "remedies.role.trust-kept" if keeps else "remedies.role.trust"
    return Todo(key, (*update, document(*(kept if keeps else ()), _TRUST)), {"role": role})


def _statement(role: str, refused: list[Denial]) -> Iterator[Todo]:
    policies = sorted({policy for one in refused for policy in one.policies})
    facts = {**_about(role, refused), "policies": tuple(policies)}
    yield Todo(f"remedies.role.{'denied-by' if policies else 'denied'}", (), facts)
    yield Todo("remedies.role.attached", ("iam", "list-attached-role-policies", *_named(role)))
    yield Todo("remedies.role.inline", ("iam", "list-role-policies", *_named(role)))


def _new_role(evidence: Evidence, refused: tuple[Denial, ...]) -> Iterator[Todo]:
    """A role of the family's name; the task definition has to name it, and a new revision to be deployed."""
    family = deployments.newest_revision(evidence).partition(":")[0]
    name = f"{family[: _LONGEST_NAME - len('-execution')]}-execution"
    role = f"arn:{partition(evidence)}:iam::{evidence.target.account}:role/{name}"
    trust = ("--assume-role-policy-document", document(_TRUST))
    yield Todo("remedies.role.create-own", ("iam", "create-role", *_named(role), *trust), {"role": role})
    yield from granted(evidence, role, refused)
    yield Todo("remedies.role.name-it", (), {"role": role})


def _role_data(evidence: Evidence, role: str) -> dict[str, Any]:
    asked = request("role", role_arn=role)
    return next((r.data for r in evidence.all("role") if r.request == asked and r.data), {})


def _statements(refused: list[Denial]) -> Iterator[dict[str, Any]]:
    """One statement for all actions that go with the same resources."""
    resources: dict[str, list[str]] = {}
    for one in refused:
        resources.setdefault(one.action, []).append(one.resource)
    actions: dict[tuple[str, ...], list[str]] = {}
    for action, names in resources.items():
        actions.setdefault(tuple(sorted(set(names))), []).append(action)
    for shared, allowed in actions.items():
        yield {"Effect": "Allow", "Action": sorted(allowed), "Resource": list(shared)}


def _about(role: str, refused: Iterable[Denial]) -> Facts:
    refused = tuple(refused)
    return {
        "name": role.rpartition("/")[2],
        "actions": each(one.action for one in refused),
        "resources": each(one.resource for one in refused),
    }


def _named(role: str) -> tuple[str, str]:
    return ("--role-name", role.rpartition("/")[2])


def _account(arn: str) -> str:
    return next(iter(arn.split(":")[4:5]), "")
