"""What ECS said of a failed start is no cause any more where the account, asked since, says the opposite."""

import pytest

from runbook_lib.diagnosis.engine import judge
from runbook_lib.diagnosis.mended import proof
from runbook_lib.evidence.model import Unread, request
from tests.diagnosis.builder import (
    ACCOUNT,
    COMMIT,
    REGION,
    container,
    deployment,
    event,
    image,
    not_found,
    reading,
    service,
)
from tests.diagnosis.rules.test_execution_role_denied import ROLE, answered
from tests.diagnosis.rules.verdicts import FAIL, UNKNOWN, verdict
from tests.diagnosis.starting import failing, never_started

AUTH = "ResourceInitializationError: unable to pull secrets or registry auth"
ABSENT = not_found(image(COMMIT))
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:langsmith-Ab12Cd"
PARAMETERS = container(secrets=[{"name": "T", "valueFrom": f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/shop/token"}])
INVALID = f"{AUTH}: unable to retrieve secrets from ssm: invalid ssm parameters: /shop/token"
THERE = reading("parameter", [{"Name": "/shop/token", "Type": "String"}], names="/shop/token", region=REGION)
HAS_SECRET = reading("secret", {"ARN": SECRET, "VersionIdsToStages": {"v": ["AWSCURRENT"]}}, id=SECRET, region=REGION)
NO_SECRET = f"{AUTH}: failed to fetch secret {SECRET} from secrets manager: ResourceNotFoundException"
NO_GROUP = "ResourceInitializationError: ResourceNotFoundException: The specified log group does not exist."
HAS_GROUP = reading(
    "log_group", [{"logGroupName": "/ecs/momentir-cx-llm"}], group="/ecs/momentir-cx-llm", region=REGION
)


def said(text, *containers, **changes):
    """Revision 3 never starts, in these words."""
    told = [{**never_started(number), "stoppedReason": text} for number in (2, 3)]
    return failing(*containers, tasks=told, **changes)


MENDED = {
    "the image was pushed": (said(ABSENT), "image-not-found"),
    "the parameter was made": (said(INVALID, PARAMETERS, more=(THERE,)), "secret-not-found"),
    "the secret was made": (said(NO_SECRET, more=(HAS_SECRET,)), "secret-not-found"),
    "the log group was made": (said(NO_GROUP, more=(HAS_GROUP,)), "log-driver-misconfigured"),
}
ENDED = said(ABSENT, described=service(deployment(3, 20, rolloutState="FAILED", failedTasks=2)))
LASTS = {
    "ECR was not asked for the image": said(ABSENT, tags=("other",)),
    "another image than ours is meant": said(not_found("docker.io/library/nginx:1")),
    "a longer tag is meant": said(not_found(image(f"{COMMIT}0"))),
    "a digest of the tag is meant": said(not_found(image(f"{COMMIT}@sha256:0a1b"))),
    "the parameter was not asked for": said(INVALID, PARAMETERS),
    "the secret is there, and lacks a key": said(f"{NO_SECRET}: did not contain json key KEY", more=(HAS_SECRET,)),
    "the log group was not asked for": said(NO_GROUP),
}


@pytest.mark.parametrize(("found", "label"), MENDED.values(), ids=MENDED)
def test_what_is_mended_is_no_cause(found, label):
    seen = verdict("task_start_failed", found)
    assert (seen.outcome, seen.facts["reason"], seen.label) == (UNKNOWN, "mended", label)
    assert seen.facts["last_at"]
    assert seen.cites[0].operation == "ecs:DescribeTasks"
    assert len(seen.cites) == 2
    assert not [v for v in judge(found).failed("cause") if v.label == label]


@pytest.mark.parametrize("found", LASTS.values(), ids=LASTS)
def test_what_may_still_be_so_stays_a_cause(found):
    assert verdict("task_start_failed", found).outcome is FAIL


def test_a_pull_that_would_work_now_is_no_symptom():
    seen = verdict("image_pull_failed", said(ABSENT))
    assert (seen.outcome, seen.facts["reason"]) == (UNKNOWN, "mended")


def test_an_event_alone_is_contradicted_too():
    told = event(2, f"was unable to place a task. Reason: {ABSENT}.")
    found = failing(described=service(deployment(3, 10), events=[told]), tasks=[])
    assert verdict("image_pull_failed", found).outcome is UNKNOWN
    assert verdict("task_start_failed", found).outcome is UNKNOWN


def test_a_deployment_that_has_failed_is_not_tried_again():
    assert verdict("task_start_failed", ENDED).facts["reason"] == "mended-ended"


REFUSED = f"{AUTH}: AccessDeniedException: User: x is not authorized to perform: {{}} on resource: *"
WHY = " because no identity-based policy allows the action"
OF_ROLE = {
    "a login": (REFUSED.format("ecr:GetAuthorizationToken"), True),
    "a login, in whole words": (REFUSED.format("ecr:GetAuthorizationToken") + WHY, True),
    "a pull by the role": (REFUSED.format("ecr:BatchGetImage") + WHY, True),
    "a pull, and nobody says by what": (REFUSED.format("ecr:BatchGetImage"), False),
    "the repository's own policy": (
        REFUSED.format("ecr:BatchGetImage") + " with an explicit deny in a resource-based policy",
        False,
    ),
    "an endpoint's policy": (
        REFUSED.format("ecr:GetAuthorizationToken") + " because no VPC endpoint policy allows it",
        False,
    ),
}


@pytest.mark.parametrize(("text", "over"), OF_ROLE.values(), ids=OF_ROLE)
def test_a_refusal_is_over_where_iam_would_see_it_and_allows(text, over):
    allowed = answered(said(text))
    assert bool(proof(allowed, "image-pull-auth", text)) is over


def test_a_refusal_lasts_where_iam_was_not_asked():
    lost = Unread(request("role_permissions", role_arn=ROLE), "iam:SimulatePrincipalPolicy", "", "access-denied")
    found = said(REFUSED.format("ecr:GetAuthorizationToken") + WHY, more=(lost,))
    assert verdict("task_start_failed", found).outcome is FAIL


def test_a_role_is_asked_about_once_the_image_is_there():
    assert verdict("execution_role_denied", said(ABSENT)).facts.get("reason") != "cause-known"
