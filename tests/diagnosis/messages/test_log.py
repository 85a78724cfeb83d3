"""From a pasted text come ECS's messages alone, each once, the cause first."""

import json
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook_lib.diagnosis.messages import picked

IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/api:abc"
PULL = f"CannotPullContainerError: ref pull has been retried 7 time(s): failed to resolve ref {IMAGE}: not found"
AUTH = "ResourceInitializationError: unable to pull secrets or registry auth"
CI_LOG = f"""\
2026-11-25T10:00:00.1234567Z ##[group]Run aws-actions/amazon-ecs-deploy-task-definition@v2
2026-11-25T10:00:01.1234567Z   service: api
#12 ERROR: failed to solve: docker.io/library/foo: not found
npm ERR! 404 Not Found - GET a-package
Error: connect ECONNREFUSED 127.0.0.1:5432
2026-11-25T10:10:05.1Z (service api) has started 1 tasks: (task 0123456789abcdef0123456789abcdef).
2026-11-25T10:11:05.1Z (service api) has started 1 tasks: (task 1123456789abcdef0123456789abcdef).
2026-11-25T10:12:05.1Z (service api) (deployment ecs-svc/1) deployment failed: tasks failed to start.
2026-11-25T10:12:06.1Z (service api) was unable to place a task. Reason: {PULL}.
2026-11-25T10:30:00.1Z ##[error]Resource is not in the state servicesStable
Error: Process completed with exit code 1.
"""


def labels(text: str) -> list[str]:
    return [said.judgement.label for said in picked(text)]


def test_a_ci_log_leads_with_the_cause_and_holds_no_lines_of_others():
    found = picked(CI_LOG)
    assert [(said.judgement.label, said.line, said.count) for said in found] == [
        ("image-not-found", 9, 1),
        ("circuit-breaker-triggered", 8, 1),
        ("wait-timeout", 10, 1),
        ("normal-progress", 6, 2),
    ]
    assert found[0].text == f"(service api) was unable to place a task. Reason: {PULL}."


BUILD_LOG = """\
Starting service postgres: done
service postgres is not ready: timed out after 30s
Waiting for service redis to be healthy...
ERROR: for web  Container "abc" is unhealthy.
npm ERR! network request failed, reason: connect ETIMEDOUT
fatal: unable to access 'x': Could not resolve host: example.org
denied: requested access to the resource is denied
no space left on device
> Task :compileJava FAILED
kubectl: error: deployment "web" exceeded its progress deadline
java.lang.OutOfMemoryError: Java heap space
docker: Error response from daemon: pull access denied for foo
Uploading artifacts... 404 Not Found
target.build failed
Deployment failed
+ aws ecs update-service --cluster prod --service api --force-new-deployment
+ aws ecs wait services-stable --cluster prod --services api
Error: Process completed with exit code 1.
"""


def test_what_a_build_says_of_itself_is_not_taken_for_ecs():
    assert labels(BUILD_LOG) == ["unknown"]
    assert labels(BUILD_LOG + CI_LOG) == labels(CI_LOG)


def test_sure_causes_stand_before_likely_ones():
    likely, sure = AUTH, "(service a) (task b) failed container health checks."
    assert labels(f"{likely}\n\n{sure}") == ["container-health-check-failed", "image-pull-network"]


def test_different_faults_of_one_kind_stay_apart():
    lines = [
        f"(service a) was unable to place a task. Reason: {PULL.replace('/api', name)}." for name in ("/web", "/jobs")
    ]
    assert len(picked("\n".join([*lines, lines[0]]))) == 2


EVENTS = {
    "services": [
        {
            "taskDefinition": "arn:aws:ecs:eu-west-1:123456789012:task-definition/a:1",
            "status": "ACTIVE",
            "events": [
                {"id": "1", "message": "(service a) has reached a steady state."},
                {"id": "2", "message": "(service a) (task 11) failed container health checks."},
            ],
            "deployments": [{"rolloutState": "COMPLETED", "failedTasks": 0}],
        }
    ]
}


@pytest.mark.parametrize("indent", [None, 4])
def test_the_json_of_describe_services_is_read_too(indent):
    assert labels(json.dumps(EVENTS, indent=indent)) == ["container-health-check-failed", "steady-state"]


def test_a_log_in_one_string_has_its_lines():
    assert labels(json.dumps(CI_LOG)[1:-1])[0] == "image-not-found"


def test_json_is_read_by_its_fields_and_not_by_its_lines():
    killed = {"name": "app", "exitCode": 137, "reason": "OutOfMemoryError: Container killed due to memory usage"}
    task = {"stoppedReason": "Essential container in task exited", "containers": [killed, {"name": "b", "exitCode": 0}]}
    assert labels(json.dumps({"tasks": [task]}, indent=2)) == ["out-of-memory", "container-exited"]
    assert labels(json.dumps({"failures": [{"arn": "a", "reason": "MISSING"}]})) == ["cluster-or-service-not-found"]
    failed = {"deployments": [{"rolloutState": "FAILED"}], "events": [{"message": "(service a) has started 1 tasks."}]}
    assert labels(json.dumps(failed)) == ["circuit-breaker-triggered", "normal-progress"]
    unhealthy = {"State": "unhealthy", "Reason": "Target.Timeout", "Description": "Request timed out"}
    assert labels(json.dumps([{"TargetHealth": unhealthy}])) == ["lb-health-check-timeout"]


def test_the_end_of_a_job_is_not_certainly_a_failure():
    task = {"stoppedReason": "Essential container in task exited", "containers": [{"exitCode": 0}]}
    (said,) = picked(json.dumps(task))
    assert (said.judgement.label, said.judgement.certain, said.judgement.healthy) == ("container-exited", False, None)


@pytest.mark.parametrize(
    "echoed",
    [
        "\x1b[36;1maws ecs wait services-stable --cluster c\x1b[0m",
        '$ grep -q "CannotPullContainerError: not found" log',
        'if grep -q "CannotPullContainerError" out; then echo "image not found"; fi',
        "tests/test_a.py::test_b[CannotPullContainerError: no basic auth] PASSED",
        "Waiting for services-stable...",
    ],
)
def test_what_a_script_prints_of_itself_is_not_said_by_ecs(echoed):
    assert labels(f"{echoed}\n(service web) has reached a steady state.\n") == ["steady-state"]


LONG = [
    "(service web) was unable to place a task because no container instance met all of its requirements. The closest "
    "matching (container-instance 0123456789abcdef) has insufficient CPU units available. For more information, see "
    "the Troubleshooting section of the Amazon ECS Developer Guide.",
    "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable "
    "to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret "
    "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db from secrets manager: ResourceNotFoundException: Secrets "
    "Manager can't find the specified secret.",
    "An error occurred (AccessDeniedException) when calling the RegisterTaskDefinition operation: User: "
    "arn:aws:iam::123456789012:user/ci is not authorized to perform: iam:PassRole on resource: "
    "arn:aws:iam::123456789012:role/exec because no identity-based policy allows the iam:PassRole action",
]


@pytest.mark.parametrize("width", [60, 72, 80, 100, 120])
@pytest.mark.parametrize("text", LONG, ids=["placement", "secret", "role"])
def test_a_message_is_whole_again_however_wide_the_terminal_was(text, width):
    whole = picked(text)
    by_words = textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
    by_edge = [text[at : at + width] for at in range(0, len(text), width)]
    for lines in (by_words, by_edge, [f"│ {line}" for line in by_words]):
        (said,) = picked("\n".join(lines))
        assert said.judgement == whole[0].judgement


WRAPPED = """\
│ Error: creating ECS Service (api): operation error ECS: CreateService, https response error StatusCode:
│ 400, RequestID: 1, InvalidParameterException: The target group with targetGroupArn tg does not have an
│ associated load balancer.
"""


def test_a_message_that_a_tool_has_wrapped_is_joined():
    assert labels(WRAPPED) == ["target-group-misconfigured"]
    split = f"{AUTH[:-8]}\n    {AUTH[-8:]}: unable to retrieve secret from asm: Access\n    DeniedException: denied"
    assert labels(split) == ["secret-access-denied"]


@pytest.mark.parametrize("text", ["", " \n\t\r\n ", "\ufeff"[:0]])
def test_nothing_gives_nothing(text):
    assert picked(text) == ()


@pytest.mark.parametrize("text", ["hello", "line\nline", "{}", "[1, 2]", '{"a"', "\x1b[0m?"])
def test_a_text_without_any_message_gives_one_unknown(text):
    assert labels(text) == ["unknown"]


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("failed to copy: https://user:hunter2@example.org/x?X-Amz-Signature=abc: 403 Forbidden", ("hunter2", "abc:")),
        ('{"environment": [{"name": "PASSWORD", "value": "hunter2"}]}', ("hunter2",)),
    ],
)
def test_secrets_do_not_come_along(given, shown):
    found = picked(f"CannotPullContainerError: {given}")
    assert found[0].judgement.label != "unknown"
    assert not any(secret in found[0].text for secret in shown)


@given(st.lists(st.one_of(st.text(max_size=80), st.sampled_from(CI_LOG.splitlines())), max_size=12))
def test_any_text_can_be_pasted(lines):
    text = "\n".join(lines)
    found = picked(text)
    assert bool(found) == bool(text.strip()) or not found
    assert all(1 <= said.line <= len(text.splitlines()) and said.count >= 1 for said in found)
