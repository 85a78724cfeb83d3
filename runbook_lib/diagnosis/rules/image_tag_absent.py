"""ECR does not have the image that a task definition names.

What it looks for
    An image of a task definition, asked for by name, that ECR does not have.
Why it breaks a rollout
    It cannot be pulled, so no task starts.
Blind spots
    Registries outside ECR, pull-through caches, the image's platform.
Readings
    service, task_definition, image_tags; images lists what the repository has, tasks quote ECS.
Fix
    Name a tag that exists, the one the build pushed, and register and deploy that; or push the missing tag.
Guide section
    Root cause 2.3; diagnosis 5; fix step 2.3; checklist 5.
References
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_cannot_pull_image.html
    https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchGetImage.html
"""

from __future__ import annotations

from typing import Any

from runbook_lib.diagnosis import deployments, failures, images, tasks
from runbook_lib.diagnosis.images import Use
from runbook_lib.diagnosis.messages import pull_failure
from runbook_lib.diagnosis.model import Cite, Finding, Rule, failed, not_applicable, passed
from runbook_lib.diagnosis.unseen import unseen
from runbook_lib.evidence.first_look import EcrImage
from runbook_lib.evidence.model import Evidence

_LABEL = "image-not-found"


def check(evidence: Evidence) -> Finding:
    """FAIL where ECR, or ECS quoting it, says that an image is not there."""
    found = images.uses(evidence)
    if not _definitions_read(evidence):
        return unseen(evidence, ("task_definition",))
    in_ecr = [use for use in found if use.ecr]
    cites = {use: cite for use in in_ecr if (cite := _proof(evidence, use))}
    if cites:
        return failed("confirmed", tuple(cites.values()), **_facts(evidence, list(cites)))
    if not in_ecr:
        return not_applicable(reason="not-in-ecr", images=sorted({use.image for use in found}))
    if any(images.presence(evidence, use.ecr) == "unasked" for use in in_ecr if use.ecr):
        return unseen(evidence, ("image_tags",))
    return passed(**_names(in_ecr[0]), images=sorted({use.image for use in in_ecr}))


def _definitions_read(evidence: Evidence) -> bool:
    made = (deployments.newest(evidence), deployments.primary(evidence))
    arns = {d["taskDefinition"] for d in made if d.get("taskDefinition")}
    return bool(arns) and arns <= set(evidence.task_definitions())


def _proof(evidence: Evidence, use: Use) -> Cite | None:
    """Where it is said that the image is absent, or None."""
    said = images.presence(evidence, use.ecr) if use.ecr else "unasked"
    if said == "absent":
        return Cite("ecr:BatchGetImage", "failures[].failureCode", "ImageNotFound")
    if said == "no-repository":
        return Cite("ecr:BatchGetImage", "error", "RepositoryNotFoundException")
    return _quoted(evidence, use) if said == "unasked" else None


def _quoted(evidence: Evidence, use: Use) -> Cite | None:
    for task in failures.recent(evidence, lambda task: any(pull_failure(text) == _LABEL for text in tasks.texts(task))):
        said = next((text for text in tasks.texts(task) if use.image in text and pull_failure(text) == _LABEL), "")
        if said and task.get("startedBy") == use.deployment:
            return Cite("ecs:DescribeTasks", "tasks[].stoppedReason", said[:600])
    return None


def _facts(evidence: Evidence, absent: list[Use]) -> dict[str, Any]:
    first = absent[0]
    image = first.ecr or EcrImage("", "", "", "")
    same = [use for use in absent if use.image == first.image]
    return {
        **_names(first),
        "registry": image.registry,
        "region": image.region,
        "container": first.container,
        "revision": first.revision,
        "deployment_ids": list(dict.fromkeys(use.deployment for use in same)),
        "no_repository": images.presence(evidence, image) == "no-repository",
        "newest": images.newest_tags(evidence, image),
        "also": sorted({use.image for use in absent if use.image != first.image}),
        "cluster": evidence.target.cluster,
        "service": evidence.target.service,
    }


def _names(use: Use) -> dict[str, Any]:
    image = use.ecr or EcrImage("", "", "", "")
    pinned = image.asked.startswith("sha256:")
    return {
        "image": use.image,
        "repository": image.repository,
        "tag": "" if pinned else image.asked,
        "digest": image.asked if pinned else "",
    }


RULE = Rule(
    id="image_tag_absent",
    label=_LABEL,
    role="cause",
    needs=("service", "task_definition"),
    uses=("image_tags",),
    guide="root cause 2.3",
    severity=10,
    check=check,
    explains=("image_pull_failed",),
)
