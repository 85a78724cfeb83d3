"""A task definition names a secret or parameter that does not exist.

What it looks for
    A ``valueFrom`` whose secret or parameter is absent, being deleted, without a value, or misnamed.
Why it breaks a rollout
    ECS fetches every value before it starts a container.
Blind spots
    JSON keys; versions and labels of parameters; more than six secrets.
Readings
    service, tasks, task_definition; secret and parameter tell what exists, never a value. Asked for where tasks fail
    to start, or the first one is on its way, and ECR has their images.
Fix
    Create or restore what is named, or correct ``valueFrom``, then deploy.
Guide section
    Diagnosis 3 and 4.
References
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/resource-initialization-error.html
"""

from __future__ import annotations

from runbook_lib.diagnosis import deployments, images, references, starts, tasks
from runbook_lib.diagnosis.model import Cite, Finding, Rule, failed, not_applicable, passed, unknown
from runbook_lib.diagnosis.references import Reference, Wrong
from runbook_lib.diagnosis.unseen import unseen
from runbook_lib.evidence.model import Evidence, Request

_MOST_SECRETS = 6
_KINDS = ("secret", "parameter")


def check(evidence: Evidence) -> Finding:
    """FAIL where AWS says that something named is not there, or its name can be none."""
    definition = deployments.newest_definition(evidence)
    named = references.of(definition, evidence.target.region)
    if not named:
        return not_applicable(reason="no-secrets") if definition else unseen(evidence, ("task_definition",))
    if well := starts.not_failing(evidence, count=len(named), revision=deployments.newest_revision(evidence)):
        return well
    found = {each: kind for each in named if (kind := references.wrong(evidence, each))}
    return _failed(evidence, found) if found else _nothing_wrong(evidence, named)


def wants(evidence: Evidence) -> tuple[Request, ...]:
    """What is named by the definition of tasks that fail to start or are on their way, six secrets at most."""
    named = references.of(starts.unexplained(evidence), evidence.target.region)
    said = " ".join(text for task in evidence.tasks() for text in tasks.texts(task))
    asked = [each for each in named if references.can_be_asked(each, evidence.target.account)]
    wishes = references.requests(tuple(sorted(asked, key=lambda each: each.id not in said)))
    secrets = [wish for wish in wishes if wish.kind == "secret"]
    return tuple(wish for wish in wishes if wish not in secrets[_MOST_SECRETS:])


def _nothing_wrong(evidence: Evidence, named: tuple[Reference, ...]) -> Finding:
    if images.newest_lacks_one(evidence):
        return not_applicable(reason="image-first")
    unasked = [each for each in named if not references.was_asked(evidence, each)]
    if not unasked:
        return passed(count=len(named), revision=deployments.newest_revision(evidence))
    if evidence.unread(*_KINDS) or not any(evidence.all(kind) for kind in _KINDS):
        return unseen(evidence, _KINDS)
    return unknown("not-checkable", names=sorted({each.name for each in unasked}))


def _failed(evidence: Evidence, found: dict[Reference, Wrong]) -> Finding:
    first, kind = next(iter(found.items()))
    asked = references.was_asked(evidence, first)
    return failed(
        "confirmed" if asked else "likely",
        (_named(first), *(_seen(each, found[each]) for each in found if references.was_asked(evidence, each))),
        wrong=kind,
        kind=first.kind,
        secret=first.id,
        name=first.name,
        region=first.region,
        container=first.container,
        revision=deployments.newest_revision(evidence),
        others=sorted({each.id for each in found if each.id != first.id}),
    )


def _named(reference: Reference) -> Cite:
    return Cite("ecs:DescribeTaskDefinition", "containerDefinitions[].secrets[].valueFrom", reference.id)


def _seen(reference: Reference, kind: Wrong) -> Cite:
    """What AWS answered when asked for it by name."""
    if reference.kind == "parameter":
        return Cite("ssm:DescribeParameters", "Parameters[]", "[]")
    if kind == "absent":
        return Cite("secretsmanager:DescribeSecret", "error", "ResourceNotFoundException")
    return Cite("secretsmanager:DescribeSecret", "DeletedDate" if kind == "deleted" else "VersionIdsToStages")


RULE = Rule(
    id="secret_absent",
    label="secret-not-found",
    role="cause",
    needs=("service", "task_definition"),
    uses=(*tasks.KINDS, "image_tags", *_KINDS),
    guide="diagnosis 3, 4",
    severity=13,
    check=check,
    wants=wants,
    deeper=_KINDS,
    stopped=True,
)
