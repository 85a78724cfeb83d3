"""Whether what ECS said of a failed start is over: the account, asked by name since then, says the opposite."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from runbook_lib.diagnosis import deployments, grants, images, logs, platforms, references, told, trust
from runbook_lib.diagnosis.messages import parse
from runbook_lib.diagnosis.model import Cite, Finding, Outcome
from runbook_lib.diagnosis.told import Told
from runbook_lib.evidence.model import Evidence, request

# What a secret that is there may lack all the same.
_OF_ITS_VALUE = ("json key", "invalid character", "unexpected end of json")
# Refusals that IAM's simulation of a role's policies sees, by ECS's words; a login at ECR is refused by no other.
_BY_THE_ROLE = re.compile("identity-based|permissions boundar|service control")
_LOGIN = "ecr:getauthorizationtoken"
_BY_OTHERS = re.compile("resource-based|endpoint polic")


def proof(evidence: Evidence, label: str, text: str) -> Cite | None:
    """The reading that contradicts what ECS said; None where what it said may still be so."""
    look = _BY_LABEL.get(label)
    return look(evidence, text) if look else None


def lasting(evidence: Evidence) -> tuple[Told, ...]:
    """Why the newest deployment's tasks do not start, as ECS said last; nothing where that is over."""
    last = told.reasons(evidence, deployments.newest(evidence))[:1]
    return tuple(each for each in last if not proof(evidence, each.judgement.label, each.text))


def finding(evidence: Evidence, label: str, last: datetime, cites: tuple[Cite, ...]) -> Finding:
    """UNKNOWN: it was so, it is mended, and no start has shown yet that nothing else is wrong."""
    ended = deployments.newest(evidence).get("rolloutState") == "FAILED" or bool(deployments.undone(evidence))
    facts: dict[str, Any] = {
        "reason": "mended-ended" if ended else "mended",
        "revision": deployments.newest_revision(evidence),
        "last_at": last.isoformat(),
        "since_s": (evidence.collected_at - last).total_seconds(),
    }
    return Finding(Outcome.UNKNOWN, facts, cites, label=label)


def _image(evidence: Evidence, text: str) -> Cite | None:
    """ECR has every image of the newest deployment that the message names."""
    named = [use for use in platforms.uses(evidence) if _names(text, use.image)]
    if named and all(use.ecr and images.presence(evidence, use.ecr) == "present" for use in named):
        return Cite("ecr:BatchGetImage", "images[].imageId", named[0].image)
    return None


def _role(evidence: Evidence, text: str) -> Cite | None:
    """IAM allows the execution role the action that was refused, and the refusal was one that IAM sees."""
    said, action = text.lower(), parse(text).denied
    if _BY_OTHERS.search(said) or not (_BY_THE_ROLE.search(said) or action == _LOGIN):
        return None
    definition = deployments.newest_definition(evidence)
    role = str(definition.get("executionRoleArn") or "")
    every = grants.needed(evidence, definition)
    mine = tuple(grant for grant in every if action in map(str.lower, grant.actions + grant.besides))
    denied = {each.lower() for each in grants.besides(evidence, role, mine)}
    if not mine or action in denied or grants.is_unread(evidence, role, mine):
        return None
    if grants.is_undecided(evidence, role, mine) or grants.refusals(evidence, role, mine):
        return None
    shown = next(each for grant in mine for each in grant.actions + grant.besides if each.lower() == action)
    return Cite("iam:SimulatePrincipalPolicy", "EvaluationResults[].EvalDecision", f"allowed {shown}")


def _secret(evidence: Evidence, text: str) -> Cite | None:
    """Every secret and parameter that the message names is there, and their absence is what it tells."""
    if any(sign in text.lower() for sign in _OF_ITS_VALUE):
        return None
    definition = deployments.newest_definition(evidence)
    named = [each for each in references.of(definition, evidence.target.region) if _names(text, each.id)]
    there = (references.was_asked(evidence, each) and not references.wrong(evidence, each) for each in named)
    if not named or not all(there):
        return None
    if named[0].kind == "parameter":
        return Cite("ssm:DescribeParameters", "Parameters[].Name", named[0].id)
    return Cite("secretsmanager:DescribeSecret", "ARN", named[0].id)


def _log(evidence: Evidence, text: str) -> Cite | None:
    """The role may write the log, or the log group that the message says to be absent is there."""
    if parse(text).denied:
        return _role(evidence, text)
    used = [log for log in logs.of(deployments.newest_definition(evidence)) if log.group]
    wishes = {request("log_group", group=log.group, region=log.region) for log in used}
    found = {r.request for r in evidence.all("log_group") if r.data}
    if "log group" in text.lower() and wishes and wishes <= found:
        return Cite("logs:DescribeLogGroups", "logGroups[].logGroupName", used[0].group)
    return None


def _trust(evidence: Evidence, text: str) -> Cite | None:
    """IAM has every role of the task definition, and each trusts ECS's tasks."""
    roles = trust.named(evidence).values()
    if roles and all(trust.standing(evidence, arn) == "trusted" for arn in roles):
        return Cite("iam:GetRole", "Role.AssumeRolePolicyDocument")
    return None


def _names(text: str, name: str) -> bool:
    """Whether a text holds a whole name: not as the beginning of a longer one, nor with a digest after it."""
    return bool(name) and bool(re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w@/-]|\.\w)", text))


_BY_LABEL: dict[str, Callable[[Evidence, str], Cite | None]] = {
    "image-not-found": _image,
    "image-pull-auth": _role,
    "secret-access-denied": _role,
    "secret-not-found": _secret,
    "log-driver-misconfigured": _log,
    "execution-role-unassumable": _trust,
}
