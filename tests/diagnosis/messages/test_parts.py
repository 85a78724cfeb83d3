"""A message is taken apart before it is judged."""

import pytest

from runbook_lib.diagnosis.messages import parse

DENIED = (
    "User: arn:aws:sts::123456789012:assumed-role/ci/session is not authorized to perform: iam:PassRole on resource: x"
)


@pytest.mark.parametrize(
    ("text", "part", "value"),
    [
        ("https response error StatusCode: 0, RequestID: ", "status", 0),
        ("(Service: AmazonECS; Status Code: 400; Request ID: 1)", "status", 400),
        ("service call has been retried 3 time(s): x", "retries", 3),
        ("exceeded maximum number of attempts, 3, https response", "retries", 3),
        ("An error occurred (X) when calling the RunTask operation: y", "operation", "runtask"),
        ("operation error ECR: GetAuthorizationToken, https", "operation", "ecr: getauthorizationtoken"),
        (DENIED, "denied", "iam:passrole"),
        ("You are not authorised to perform: ecs:UpdateService", "denied", "ecs:updateservice"),
        ("exited with code 139", "exit_code", 139),
        ('"exitCode": 1', "exit_code", 1),
        ("Essential container in task exited (exit code: -1)", "exit_code", -1),
        ("pull access denied for image docker.io/library/x", "registry", "docker.io"),
        ("pull image 123456789012.dkr.ecr.eu-west-1.amazonaws.com/x:1", "registry", "ecr"),
        ("pull image ghcr.io/a/b:1", "registry", "ghcr.io"),
        ("nothing", "status", None),
        ("nothing", "retries", None),
        ("nothing", "exit_code", None),
        ("nothing", "denied", ""),
    ],
)
def test_a_part(text, part, value):
    assert getattr(parse(text), part) == value


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a\\n  b\\tc", "a b c"),
        ("\x1b[1;31mError\x1b[0m", "error"),
        ("You\u2019ve reached \u201cit\u201d", 'you\'ve reached "it"'),
        ("can't, couldn't", "cannot, could not"),
        ("&quot;x&quot; &amp; y", '"x" & y'),
        ('{\\"reason\\": \\"MISSING\\"}', '{"reason":"missing"}'),
        ("(service a-1) is well", "(service) is well"),
        ("(service a, taskSet ecs-svc/1) is well", "(service) is well"),
        ("service [a-1] has started", "service has started"),
        ("service call has been retried", "service call has been retried"),
        ("on arn:aws:ecs:eu-west-1:123456789012:service/a/b now", "on arn:ecs now"),
        ("on arn:aws-cn:iam::123456789012:role/x, y", "on arn:iam, y"),
        ("cannot pull docker.io/a/b:1: EOF", "cannot pull docker.io/: eof"),
        ('failed to resolve ref "a/b:1": x', 'failed to resolve ref "":x'),
        ("did not contain json key a.b.", "did not contain json key ."),
    ],
)
def test_the_text_is_on_one_line_without_names_and_escapes(text, plain):
    assert parse(text).text == plain


@pytest.mark.parametrize(
    "text", ["cut...", "cut…", "cut (off", "caused by: Post", 'Get "https', "a:", "b" * 255, "c" * 1024]
)
def test_what_was_cut_off(text):
    assert parse(text).truncated


@pytest.mark.parametrize(
    "text", ["Whole.", "(service a) whole", "i/o timeout", "whole (as it is)", "b" * 254 + ".", "b" * 252]
)
def test_what_is_whole(text):
    assert not parse(text).truncated


def test_of_an_endless_text_both_ends_are_read():
    endless = "StatusCode: 0 " + "a" * 100_000 + " has been retried 3 time(s)"
    assert (parse(endless).status, parse(endless).retries, len(parse(endless).text)) == (0, 3, 12_001)
