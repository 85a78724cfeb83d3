"""ECS's own texts are told apart, in every form in which they have been seen, in linear time."""

import pytest

from runbook_lib.diagnosis.messages import duplicate_name, health_failure, is_out_of_memory, mentions, pull_failure
from tests.diagnosis.builder import GROUP, image, not_found

REF = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/api:1"
REGISTRY_AUTH = "ResourceInitializationError: unable to pull secrets or registry auth"
PULLS = [
    (not_found(image("latest")), "image-not-found"),
    (f"CannotPullImageManifestError: Error response from daemon: manifest unknown for {REF}", "image-not-found"),
    ("CannotPullContainerError: API error (404): repository api not found", "image-not-found"),
    (
        "CannotPullContainerError: pull access denied for docker.io/library/ngin, repository does not exist",
        "image-not-found",
    ),
    (f"CannotPullContainerError: pull access denied for {REF}, repository does not exist", "image-pull-auth"),
    (f"CannotPullContainerError: failed to resolve ref {REF}: unexpected status: 403 Forbidden", "image-pull-auth"),
    ("CannotPullContainerError: no basic auth credentials", "image-pull-auth"),
    (
        f"{REGISTRY_AUTH}: unable to retrieve ecr registry auth: operation error ECR: GetAuthorizationToken, "
        "https response error StatusCode: 400, api error AccessDeniedException",
        "image-pull-auth",
    ),
    (
        f"{REGISTRY_AUTH}: execution resource retrieval failed: operation error ECR: GetAuthorizationToken, "
        "https response error StatusCode: 0, dial tcp 192.0.2.1:443: i/o timeout",
        "image-pull-network",
    ),
    (f"CannotPullContainerError: failed to do request: Head {REF}: dial tcp: i/o timeout", "image-pull-network"),
    (
        "CannotPullContainerError: net/http: request canceled while waiting for connection "
        "(Client.Timeout exceeded while awaiting headers)",
        "image-pull-network",
    ),
    (f"STOPPED ({REGISTRY_AUTH})", "image-pull-network"),
    ("CannotPullContainerError: toomanyrequests: You have reached your pull rate limit.", "image-pull-rate-limit"),
    ("ERROR: toomanyrequests: Too Many Requests.", "image-pull-rate-limit"),
    (
        "CannotPullContainerError: image Manifest does not contain descriptor matching platform 'linux/amd64'",
        "image-platform-mismatch",
    ),
    (
        "CannotPullContainerError: failed to find a descriptor for platform {linux/amd64}: not found",
        "image-platform-mismatch",
    ),
    ("CannotPullContainerError: write /var/lib/docker/tmp/x: no space left on device", "disk-full"),
    ("CannotPullContainerError: ref pull has been retried 1 time(s)", "unknown"),
    (f"(service s) was unable to place a task. Reason: {not_found(REF)}", "image-not-found"),
    (f"{REGISTRY_AUTH}: unable to retrieve secret from asm: AccessDeniedException: i/o timeout", ""),
    (f"{REGISTRY_AUTH}: ... invalid character 'p' in literal true (expecting 'r').", ""),
    (f"{REGISTRY_AUTH}: retrieved secret from Secrets Manager did not contain json key a", ""),
    ("Task failed container health checks", ""),
    ("Scaling activity initiated by (deployment ecs-svc/1)", ""),
    ("", ""),
]


@pytest.mark.parametrize(("text", "label"), PULLS)
def test_why_a_pull_failed(text, label):
    assert pull_failure(text) == label


HEALTH = [
    ("Task failed container health checks", "container-health-check-failed", ()),
    ("(service s) (task b5067ed30cc5) failed container health checks.", "container-health-check-failed", ()),
    (f"Task failed ELB health checks in (target-group {GROUP})", "load-balancer-health-check-failed", ()),
    (
        "Target.ResponseCodeMismatch Health checks failed with these codes: [404]",
        "lb-health-check-code-mismatch",
        ("404",),
    ),
    ("Health checks failed with these codes: [404, 502]", "lb-health-check-code-mismatch", ("404", "502")),
    ("Target.Timeout Request timed out", "lb-health-check-timeout", ()),
    ("(port 1) is unhealthy in (target-group a) due to (reason Request timed out)", "lb-health-check-timeout", ()),
    ("Target.FailedHealthChecks Health checks failed", "load-balancer-health-check-failed", ()),
    (
        "(instance i-1) is unhealthy in (elb x) due to (reason Instance has failed)",
        "load-balancer-health-check-failed",
        (),
    ),
]


@pytest.mark.parametrize(("text", "label", "codes"), HEALTH)
def test_how_a_health_check_failed(text, label, codes):
    found = health_failure(text)
    assert (found.label, found.codes) == (label, codes)


@pytest.mark.parametrize("text", ["has reached a steady state.", "Essential container in task exited", ""])
def test_what_is_no_failed_health_check(text):
    assert health_failure(text) is None


REFUSED = "The secret name must be unique and not shared with any new or existing environment variables"
DUPLICATES = [
    (f"{REFUSED} set on the container, such as 'LANGSMITH_TRACING'.", "LANGSMITH_TRACING"),
    (
        "An error occurred (ClientException) when calling the RegisterTaskDefinition operation: "
        f"{REFUSED} set on the container, such as 'A_B.c-1'.",
        "A_B.c-1",
    ),
    (f"Error: {REFUSED}", ""),
    ("ClientException: Container list cannot be empty.", None),
]


@pytest.mark.parametrize(("text", "name"), DUPLICATES)
def test_the_name_that_a_registration_was_refused_for(text, name):
    assert duplicate_name(text) == name


UNHEALTHY = f"is unhealthy in (target-group {GROUP}) due to (reason Health checks failed with these codes: [404])"
EVENTS = [
    (f"(service s) (task abc) (port 8000) {UNHEALTHY}", (("abc",), (GROUP,), (8000,))),
    (f"(service s) (port 8000) {UNHEALTHY}.", ((), (GROUP,), (8000,))),
    (f"service s (instance i-1) (port 32875) {UNHEALTHY}", ((), (GROUP,), (32875,))),
    (f"(service s) (task abc) {UNHEALTHY}", (("abc",), (GROUP,), ())),
]


@pytest.mark.parametrize(("text", "named"), EVENTS)
def test_what_an_event_names(text, named):
    found = mentions(text)
    assert (found.tasks, found.target_groups, found.ports) == named
    assert found.reason == "Health checks failed with these codes: [404]"


def test_a_target_group_may_be_named_by_its_name_and_without_parentheses():
    said = f"service s (task {'a' * 32}) is unhealthy in target-group {GROUP.split('/')[-2]} due to (reason x)"
    assert mentions(said).names_group(GROUP)
    assert not mentions(said.replace(" due", "-2 due")).names_group(GROUP)
    assert mentions(f"service s has started 1 tasks: task {'a' * 32}.").tasks == ("a" * 32,)


def test_an_id_that_somebody_has_shortened_names_nothing():
    shortened = mentions("(task 795dee6c...) (port 8080) is unhealthy in (target-group ...) due to (reason x)")
    assert (shortened.tasks, shortened.target_groups, shortened.ports) == ((), (), (8080,))


def test_an_event_names_every_task_it_started():
    assert mentions("(service s) has started 2 tasks: (task a1) (task b2).").tasks == ("a1", "b2")


@pytest.mark.parametrize(
    ("text", "oom"), [("OutOfMemoryError: Container killed due to memory usage", True), ("exit code 137", False)]
)
def test_only_ecs_own_word_is_out_of_memory(text, oom):
    assert is_out_of_memory(text) is oom


@pytest.mark.parametrize("read", [pull_failure, health_failure, duplicate_name, mentions, is_out_of_memory])
@pytest.mark.parametrize("piece", ["(", "(task ", "due to (reason (", "[404, ", "such as '", "CannotPull ", "\x00"])
def test_a_huge_text_is_read_in_linear_time(read, piece):
    """An expression that backtracks would take hours for this, not milliseconds."""
    assert repr(read(piece * 200_000)) == repr(read(piece * 200_000))
