"""Messages are judged by what they say: by their parts, in any era's and any tool's form, and never beyond them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook_lib.diagnosis.messages import CAUSES, judge
from tests.diagnosis.messages.corpus import MESSAGES

ECR = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/api:1"
AUTH = "ResourceInitializationError: unable to pull secrets or registry auth"
UNHEALTHY = "is unhealthy in (target-group tg) due to (reason Health checks failed with these codes: [404])"


def test_of_real_messages_98_in_100_are_told_right():
    right = [message for message in MESSAGES if judge(message.text, presumed=True).label in message.labels]
    assert len(MESSAGES) > 1_300
    assert len(right) / len(MESSAGES) >= 0.98


def test_no_real_failure_is_called_healthy_and_no_healthy_event_a_failure():
    judged = {message: judge(message.text, presumed=True).healthy for message in MESSAGES}
    assert [m.text for m, healthy in judged.items() if healthy is True and not m.healthy] == []
    assert [m.text for m, healthy in judged.items() if healthy is False and m.healthy] == []


def test_every_label_is_named_by_some_real_message():
    assert {judge(message.text, presumed=True).label for message in MESSAGES} == set(CAUSES)


@pytest.mark.parametrize(
    "form",
    [
        "(service api) (task 0123456789abcdef0123456789abcdef) (port 80) {}.",
        "(service api) (port 80) {}.",
        "service api (instance i-0abc) (port 32768) {}",
        "(service api, taskSet ecs-svc/1) (task a) (port 80) {}.",
        "service [api] {}",
        '"message": "(service api) {}."',
        "2026-11-25T10:00:00Z \x1b[31m(service api) {}\x1b[0m",
        "│ Error: waiting for ECS Service (api) create: (service api) {}",
    ],
)
def test_the_form_around_an_event_does_not_matter(form):
    assert judge(form.format(UNHEALTHY)).label == "lb-health-check-code-mismatch"


@pytest.mark.parametrize("name", ["oom-killed", "timeout-403-forbidden", "circuit-breaker", "no-space-left", "alarm"])
def test_the_name_of_a_service_says_nothing_of_the_cause(name):
    assert judge(f"(service {name}) has reached a steady state.").label == "steady-state"
    assert judge(f"service {name} has started 1 tasks: task 1.").label == "normal-progress"


HOST = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
SECRET_SAID = (
    "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "
)
NAMED = {
    f"CannotPullContainerError: failed to resolve ref {HOST}/NAME:v1: {HOST}/NAME:v1: not found": "image-not-found",
    f"CannotPullContainerError: API error (404): manifest for {HOST}/NAME:v1 not found": "image-not-found",
    "CannotPullContainerError: Error response from daemon: manifest for NAME:v1 not found: manifest unknown":
        "image-not-found",
    "CannotPullContainerError: API error (404): repository NAME not found: does not exist": "image-not-found",
    "pull image: The repository with name 'NAME' does not exist in the registry with id '1'": "image-not-found",
    f"CannotPullContainerError: failed to resolve ref {HOST}/NAME:v1@sha256:0: 403 Forbidden": "image-pull-auth",
    f"CannotPullContainerError: failed to do request: Head https://{HOST}/v2/NAME/manifests/v1: EOF":
        "image-pull-network",
    f"{SECRET_SAID}retrieved secret from Secrets Manager did not contain json key NAME": "secret-not-found",
    f"{SECRET_SAID}unable to retrieve secrets from ssm: invalid ssm parameters: /prod/NAME,/NAME": "secret-not-found",
}  # fmt: skip


@pytest.mark.parametrize("name", ["awslogs-router", "stunnel", "unauthorized", "throttled", "oom-killed", "my.efs.x"])
@pytest.mark.parametrize(("text", "label"), NAMED.items())
def test_the_name_of_an_image_or_a_key_says_nothing_of_the_cause(text, label, name):
    assert judge(text.replace("NAME", name)).label == label


@pytest.mark.parametrize(
    ("answer", "pull", "secret"),
    [
        ("https response error StatusCode: 0, RequestID: , canceled", "image-pull-network", "secret-network"),
        ("dial tcp: lookup x on 10.0.0.2:53: no such host", "image-pull-network", "secret-network"),
        ("dial tcp 192.0.2.1:443: i/o timeout", "image-pull-network", "secret-network"),
        ("StatusCode: 400, api error AccessDeniedException: denied", "image-pull-auth", "secret-access-denied"),
        ("unexpected status: 403 Forbidden", "image-pull-auth", "secret-access-denied"),
        ("not found", "image-not-found", "secret-not-found"),
    ],
)
def test_what_was_answered_tells_network_from_permission_from_absence(answer, pull, secret):
    assert judge(f"CannotPullContainerError: pull of {ECR} has been retried 1 time(s): {answer}").label == pull
    assert judge(f"{AUTH}: unable to retrieve ecr registry auth: {answer}").label == pull
    assert judge(f"{AUTH}: unable to retrieve secret from asm: {answer}").label == secret


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Essential container in task exited: exit code: 137", "container-exited"),
        ("OutOfMemoryError: Container killed due to memory usage, exit code: 137", "out-of-memory"),
        ("Container exited with code 137", "container-exited"),
    ],
)
def test_137_alone_is_not_memory(text, label):
    assert judge(text).label == label


@pytest.mark.parametrize(
    "text",
    [
        "ECS deployment circuit breaker: tasks failed to start.",
        "(service api) rolling back to deployment ecs-svc/1.",
        "service api is unable to consistently start tasks successfully.",
        "Waiter ServicesStable failed: Max attempts exceeded",
    ],
)
def test_symptoms_are_named_as_such(text):
    judged = judge(text)
    assert (judged.cause.role, judged.healthy) == ("symptom", False)


@pytest.mark.parametrize(
    "text",
    [
        AUTH,
        f"{AUTH}: unable to retrieve secret from asm: service call has been retried 5 time(s)",
        f"{AUTH}: unable to retrieve secret from asm: failed to fetch secret arn:aws:secretsmanager…",
        "CannotPullContainerError: pull image manifest has been retried 1 time(s)",
        "CannotPullContainerError: failed to resolve ref docker.io/library/x: pull access denied (authorizati",
        "(service api) (port 80) is unhealthy in (target-group tg) due to (reason Request time",
    ],
)
def test_a_text_that_was_cut_off_is_never_certain(text):
    judged = judge(text)
    assert judged.label != "unknown"
    assert not judged.certain


def test_many_retries_and_nothing_after_them_mean_that_nothing_answered():
    assert (
        judge(f"{AUTH}: unable to retrieve secret from asm: has been retried 5 time(s): fail").label == "secret-network"
    )
    told = judge(f"{AUTH}: unable to retrieve secret from asm: has been retried 1 time(s): fail").label
    assert told == "secret-access-denied"


@pytest.mark.parametrize(
    ("text", "presumed"),
    [
        ("", True),
        ("hello", True),
        ("npm ERR! 404 Not Found - GET https://example.org/foo", False),
        ("Process completed with exit code 1.", False),
        ("Error: timed out after 30 s", False),
        ("build completed successfully", False),
        ("tests: 3 failed, 5 passed", False),
    ],
)
def test_what_is_no_message_of_ecs_is_unknown(text, presumed):
    assert judge(text, presumed) == judge("")
    assert judge(text, presumed).healthy is None


def test_a_failure_without_a_reason_is_unknown_and_yet_a_failure():
    judged = judge("Task failed to start")
    assert (judged.label, judged.healthy, judged.certain) == ("unknown", False, False)


@pytest.mark.parametrize("text", ["Essential container in task exited", "Essential container exited: exit code: 0"])
def test_the_end_of_a_container_may_be_that_of_a_job(text):
    assert (judge(text).label, judge(text).healthy) == ("container-exited", None)


WRAPPERS = {
    "GitHub Actions": "2026-01-01T00:00:00.1234567Z ##[error]{}",
    "JSON": '{{"eventType": "ERROR", "message": "{}"}}',
    "CloudFormation": 'Resource handler returned message: "{}" (HandlerErrorCode: GeneralServiceException)',
    "Terraform": "│ Error: waiting for ECS Service (arn:aws:ecs:eu-west-1:123456789012:service/c/s) create: {}",
    "console": "STOPPED ({})",
}


@pytest.mark.parametrize("tool", WRAPPERS)
def test_a_failure_is_told_whatever_tool_prints_it(tool):
    told = [m for m in MESSAGES if not m.healthy and judge(m.text, presumed=True).label in m.labels]
    wrapped = {m: WRAPPERS[tool].format(m.text) for m in told}
    lost = [m for m, text in wrapped.items() if judge(text, presumed=True).label not in m.labels]
    assert len(lost) / len(told) < 0.01
    assert not [m for m, text in wrapped.items() if judge(text, presumed=True).healthy]


WORDS = st.sampled_from([message.text for message in MESSAGES])
ANY = st.one_of(st.text(max_size=500), WORDS.flatmap(lambda t: st.integers(0, len(t)).map(lambda n: t[:n])))


@given(ANY, ANY, st.booleans())
def test_any_text_has_an_answer(left, right, presumed):
    judged = judge(left + right, presumed)
    assert judged.label in CAUSES
    assert judged.healthy in (True, False, None)


def test_a_failure_that_is_cut_off_anywhere_never_becomes_good_news():
    good_news = {
        message.id
        for message in MESSAGES
        if not message.healthy
        for length in range(1, len(message.text), 11)
        if judge(message.text[:length], presumed=True).healthy
    }
    good_first = ("Amazon ECS replaced", "IN_PROGRESS", "Successfully changed", "Target deregistration is in progress")
    begin_well = {message.id for message in MESSAGES if any(words in message.text for words in good_first)}
    assert good_news <= begin_well


@pytest.mark.parametrize(
    "piece", ["(", "(service ", "service a", "a.", "arn:aws:", "1" * 50, "role/", " ", "retried ", "\x1b["]
)
def test_repetition_is_read_to_its_bounded_end(piece):
    assert judge(piece * 200_000).label in CAUSES
