"""Of two stacked causes the one that blocks now leads, and the other is said to block next."""

import pytest

from runbook_lib.diagnosis.engine import judge
from runbook_lib.diagnosis.model import Outcome, Verdict
from runbook_lib.diagnosis.order import ordered
from tests.diagnosis.builder import brief, container, definition, deployment, service
from tests.diagnosis.starting import REVISION, failing, never_started

REV = f"momentir-cx-llm:{REVISION}"
_AUTH = "ResourceInitializationError: unable to pull secrets or registry auth:"
DENIED_SECRET = (
    f"{_AUTH} execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried "
    "1 time(s): failed to fetch secret arn:aws:secretsmanager:ap-northeast-2:1:secret:a from secrets manager: "
    "AccessDeniedException: User: arn:aws:sts::1:assumed-role/x/y is not authorized to perform: "
    "secretsmanager:GetSecretValue"
)
NO_GROUP = (
    "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to "
    "create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist.: exit status 1"
)
NOT_FOUND = (
    "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref "
    "123456789012.dkr.ecr.ap-northeast-2.amazonaws.com/momentir-cx-llm:gone: not found"
)


def cause(rule, label, confidence="confirmed", **facts):
    return Verdict(rule, label, "cause", Outcome.FAIL, confidence, {"revision": REV, **facts})


IMAGE = cause("image_tag_absent", "image-not-found")
PLATFORM = cause("image_platform_mismatch", "image-platform-mismatch")
SECRET = cause("secret_absent", "secret-not-found")
GROUP = cause("log_group_absent", "log-driver-misconfigured")
ROLE = cause("execution_role_unassumable", "execution-role-unassumable", "likely")
LOCK = Verdict("deployment_deadlocked", "deployment-blocked", "cause", Outcome.FAIL, "confirmed", {"desired": 1})
NO_WAY = cause("network_path_absent", "image-pull-network", unreachable="ecr.api")
NO_S3 = cause("network_path_absent", "image-pull-network", unreachable="s3")
NO_SECRETS = cause("network_path_absent", "secret-network", unreachable="ssm")
MAY_NOT_LOG_IN = cause("execution_role_denied", "image-pull-auth", actions=["ecr:GetAuthorizationToken"])
MAY_NOT_PULL = cause("execution_role_denied", "image-pull-auth", actions=["ecr:BatchGetImage"])
MAY_NOT_LOG = cause("execution_role_denied", "log-driver-misconfigured", actions=["logs:CreateLogStream"])
CODE = cause("health_check_code", "lb-health-check-code-mismatch")
TOLD_SECRET = cause("task_start_failed", "secret-access-denied", message=DENIED_SECRET)
ELSEWHERE = cause("health_check_path_mismatch", "health-check-path-mismatch", revision="momentir-cx-llm:2")
OVERLAP = Verdict("deployments_overlapping", "deployments-overlapping", "cause", Outcome.FAIL)

SILENT = [
    (LOCK, ROLE),
    (ROLE, SECRET),
    (NO_SECRETS, SECRET),
    (SECRET, GROUP),
    (SECRET, NO_WAY),
    (NO_WAY, MAY_NOT_LOG_IN),
    (MAY_NOT_LOG_IN, GROUP),
    (NO_WAY, PLATFORM),
    (MAY_NOT_LOG, GROUP),
    (GROUP, NO_S3),
    (GROUP, IMAGE),
    (NO_S3, IMAGE),
    (MAY_NOT_PULL, IMAGE),
    (IMAGE, CODE),
    (TOLD_SECRET, IMAGE),
]


def shown(found):
    return [(verdict.rule, bool(verdict.facts.get("next"))) for verdict in found]


@pytest.mark.parametrize(("now", "behind"), SILENT, ids=lambda v: f"{v.rule}:{v.label}")
def test_the_earlier_step_of_a_start_leads(now, behind):
    wanted = [(now.rule, False), (behind.rule, True)]
    assert shown(ordered((behind, now), failing())) == wanted
    assert shown(ordered((now, behind), failing())) == wanted


@pytest.mark.parametrize(
    ("said", "verdicts", "now"),
    [
        (NO_GROUP, (IMAGE, GROUP), "log_group_absent"),
        (DENIED_SECRET, (IMAGE, TOLD_SECRET), "task_start_failed"),
        (NOT_FOUND, (IMAGE, PLATFORM), "image_tag_absent"),
    ],
)
def test_where_the_newest_attempt_got_to_blocks_now(said, verdicts, now):
    found = failing(tasks=[{**never_started(number), "stoppedReason": said} for number in (2, 3)])
    blocking, *behind = ordered(verdicts, found)
    assert blocking.rule == now
    assert all(verdict.facts["next"] for verdict in behind)


def test_a_step_that_ecs_has_got_past_does_not_push_back_what_it_names_now():
    found = failing(tasks=[{**never_started(number), "stoppedReason": NOT_FOUND} for number in (2, 3)])
    assert shown(ordered((ROLE, IMAGE), found)) == [("image_tag_absent", False), ("execution_role_unassumable", False)]


def test_what_was_seen_of_another_revision_or_of_no_step_stands_before_what_comes_next():
    found = ordered((SECRET, GROUP, ELSEWHERE, OVERLAP), failing())
    order = [SECRET.rule, ELSEWHERE.rule, OVERLAP.rule, GROUP.rule]
    assert shown(found) == [(rule, rule == GROUP.rule) for rule in order]


def test_a_guess_from_ecs_words_alone_pushes_nothing_back():
    guess = cause("task_start_failed", "secret-network", "likely", message=_AUTH)
    assert not ordered((NO_WAY, guess), failing())[0].facts.get("next")


def test_verdicts_that_are_no_faults_keep_their_places():
    well = Verdict("rolled_back", "rolled-back", "symptom", Outcome.PASS)
    assert [v.rule for v in ordered((GROUP, well, SECRET), failing())] == [SECRET.rule, "rolled_back", GROUP.rule]


def test_with_no_task_desired_nothing_blocks_yet():
    (found,) = ordered((IMAGE,), failing(described=service(deployment(REVISION, 10), desiredCount=0), tasks=[]))
    assert (found.facts["next"], found.facts["idle"]) == (True, True)


def test_a_rollback_is_explained_by_what_keeps_the_deployment_back_and_not_by_what_comes_next():
    failed = deployment(REVISION, 10, rolloutState="FAILED", failedTasks=3)
    found = failing(
        described=service(failed, deployment(2, 90, status="ACTIVE", rolloutState="COMPLETED", runningCount=1)),
        definitions=[definition(REVISION, container(tag="gone")), definition(2)],
        tags=("gone",),
        briefs=[brief(REVISION, "ROLLBACK_IN_PROGRESS", 10)],
    )
    told = {v.rule: v.explained_by for v in judge(found).failed("symptom")}
    assert told["rolled_back"] == ("image_tag_absent",)
