"""Fix steps that evidence makes exact: nothing general where it tells which, and nothing that it rules out."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from runbook_lib.diagnosis import deployments
from runbook_lib.diagnosis.model import Verdict
from runbook_lib.evidence.first_look import ecr_image
from runbook_lib.evidence.model import Evidence
from runbook_lib.report.remedies import networks, registries, roles, secrets, settings, starts
from runbook_lib.report.remedies.model import Todo, is_trying, redeploy

Remedy = Callable[[Verdict, Evidence], Iterator[Todo]]
__all__ = ["Todo", "is_trying", "of", "redeploy"]


def of(verdict: Verdict, evidence: Evidence) -> tuple[Todo, ...]:
    """The steps for a verdict; nothing where the words of its rule or label are all that can be said."""
    by_rule, by_label = _RULES.get(verdict.rule), _LABELS.get(verdict.label)
    if by_rule:
        return tuple(by_rule(verdict, evidence))
    return tuple(by_label(verdict, evidence)) if by_label and verdict.rule == "task_start_failed" else ()


def _refused(verdict: Verdict, evidence: Evidence) -> Iterator[Todo]:
    """A refused pull: each image by where it is; one that is in no ECR has but its login."""
    message = str(verdict.facts.get("message", ""))
    images = registries.named(evidence, message)
    mine = [image for image in images if ecr_image(image) and not registries.is_foreign(evidence, image)]
    role = str(deployments.newest_definition(evidence).get("executionRoleArn") or "")
    if mine and not role:
        yield Todo("causes.image-pull-auth.fix.1")
    elif mine:
        yield roles.attach(evidence, role)
        yield from registries.own(evidence, message)
    yield from registries.sharing(evidence, message)
    if any(not ecr_image(image) for image in images):
        yield Todo("causes.image-pull-auth.fix.3")
        yield Todo("causes.image-pull-auth.fix.4")
    if images:
        yield from redeploy(evidence)
    yield from registries.copying(evidence, message)


def _forbidden(verdict: Verdict, evidence: Evidence) -> Iterator[Todo]:
    yield from secrets.decrypting(verdict, evidence)
    yield from secrets.forbidden(verdict, evidence)


def _unassumable(verdict: Verdict, evidence: Evidence) -> Iterator[Todo]:
    """By ECS's words: the role that they name, where it is one of the task definition's."""
    message = str(verdict.facts.get("message", ""))
    definition = deployments.newest_definition(evidence)
    named = [str(definition.get(field) or "") for field in ("executionRoleArn", "taskRoleArn")]
    for role in dict.fromkeys(arn for arn in named if arn and arn in message):
        yield from roles.trusting(evidence, role)


def _platform(verdict: Verdict, evidence: Evidence) -> Iterator[Todo]:
    if verdict.label == "container-exec-format":
        yield from starts.platform(verdict, evidence)


_RULES: dict[str, Remedy] = {
    "execution_role_denied": roles.denied,
    "execution_role_unassumable": roles.unassumable,
    "application_exited": _platform,
    "network_path_absent": networks.route,
    "deployment_deadlocked": settings.deadlocked,
    "health_check_timeout": settings.slow,
}
_LABELS: dict[str, Remedy] = {
    "image-pull-auth": _refused,
    "image-platform-mismatch": starts.platform,
    "secret-not-found": secrets.absent,
    "secret-access-denied": _forbidden,
    "log-driver-misconfigured": starts.logs,
    "execution-role-unassumable": _unassumable,
    "fargate-capacity-unavailable": starts.capacity,
}
