"""An image index has no image for the platform that the tasks run on.

What it looks for
    An image index without a manifest for ``runtimePlatform``.
Why it breaks a rollout
    Nothing of the tag can be pulled, so no task starts.
Blind spots
    Single manifests; variants of a processor; registries outside ECR; a tag that was moved.
Readings
    service, tasks, task_definition, image_tags; image_platforms, asked for where tasks fail to
    start, or the first one is on its way.
Fix
    Build and push for the tasks' platform, or let the tasks run on the image's.
Guide section
    Root cause 2.3; checklist 6.
References
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_cannot_pull_image.html
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-arm64.html
    https://docs.aws.amazon.com/AmazonECR/latest/userguide/docker-push-multi-architecture-image.html
"""

from __future__ import annotations

from typing import Any

from runbook_lib.diagnosis import deployments, images, platforms, starts, tasks
from runbook_lib.diagnosis.images import Use
from runbook_lib.diagnosis.model import Cite, Finding, Rule, failed, not_applicable, passed
from runbook_lib.diagnosis.unseen import unseen
from runbook_lib.evidence.first_look import EcrImage
from runbook_lib.evidence.model import Evidence, Request

_MOST_REPOSITORIES = 2


def check(evidence: Evidence) -> Finding:
    """FAIL where no platform of an index is the tasks' own."""
    definition = deployments.newest_definition(evidence)
    platform, uses = platforms.wanted(definition), platforms.uses(evidence)
    if not (uses and platform):
        return _not_comparable(evidence, definition, uses)
    if well := starts.not_failing(evidence, platform=platform, image=uses[0].image):
        return well
    found = {use: read for use in uses if (read := platforms.read(evidence, use))}
    bad = next((use for use in found if platforms.lacks(found[use], platform)), None)
    if bad:
        return _failed(platform, bad, found[bad], sure=not platforms.is_another(evidence, bad, found[bad]))
    if images.newest_lacks_one(evidence):
        return not_applicable(reason="image-first")
    if len(found) < len(uses):
        return unseen(evidence, ("image_platforms",))
    indexed = any(read["index"] for read in found.values())
    return passed(platform=platform, image=uses[0].image) if indexed else not_applicable(reason="no-index")


def _not_comparable(evidence: Evidence, definition: dict[str, Any], uses: tuple[Use, ...]) -> Finding:
    if not definition:
        return unseen(evidence, ("task_definition",))
    if uses:
        return not_applicable(reason="no-platform")
    containers = definition.get("containerDefinitions") or []
    return not_applicable(reason="not-in-ecr", images=sorted({str(each.get("image", "")) for each in containers}))


def wants(evidence: Evidence) -> tuple[Request, ...]:
    """The platforms of the images of tasks that fail to start, or are on their way."""
    if not platforms.wanted(starts.unexplained(evidence)):
        return ()
    return platforms.requests(evidence)[:_MOST_REPOSITORIES]


def _failed(platform: str, use: Use, found: dict[str, Any], *, sure: bool) -> Finding:
    image = use.ecr or EcrImage("", "", "", "")
    has = platforms.names(found)
    return failed(
        "confirmed" if sure else "likely",
        (
            Cite("ecs:DescribeTaskDefinition", "runtimePlatform", platform),
            Cite("ecr:BatchGetImage", "images[].imageManifest", ", ".join(has)),
        ),
        platform=platform,
        platforms=has,
        image=use.image,
        repository=image.repository,
        tag=image.asked,
        container=use.container,
        revision=use.revision,
    )


RULE = Rule(
    id="image_platform_mismatch",
    label="image-platform-mismatch",
    role="cause",
    needs=("service", "task_definition"),
    uses=(*tasks.KINDS, "image_tags", "image_platforms"),
    guide="root cause 2.3",
    severity=11,
    check=check,
    explains=("image_pull_failed",),
    wants=wants,
    deeper=("image_platforms",),
    stopped=True,
)
