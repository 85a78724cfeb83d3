"""What can be secret is masked by field; what identifies a thing survives."""

import json

import pytest

from runbook_lib.evidence import redaction

SECRET = "hunter2-and-more"


def masked(container: dict) -> dict:
    return redaction.task_definition({"containerDefinitions": [container]})["containerDefinitions"][0]


@pytest.mark.parametrize(
    "container",
    [
        {"environment": [{"name": "TOKEN", "value": SECRET}]},
        {"command": ["serve", "--key", SECRET]},
        {"entryPoint": ["sh", "-c", SECRET]},
        {"dockerLabels": {"key": SECRET}},
        {"logConfiguration": {"logDriver": "splunk", "options": {"splunk-token": SECRET}}},
        {"firelensConfiguration": {"type": "fluentbit", "options": {"password": SECRET}}},
        {"healthCheck": {"command": ["CMD-SHELL", f"curl -H 'Authorization: Bearer {SECRET}' http://localhost/ok"]}},
        {"healthCheck": {"command": ["CMD-SHELL", f"curl -u admin:{SECRET} http://localhost/ok"]}},
        {"healthCheck": {"command": ["CMD-SHELL", f"curl http://admin:{SECRET}@localhost/ok"]}},
        {"healthCheck": {"command": ["CMD-SHELL", f"wget -qO- http://localhost/ok?token={SECRET}"]}},
        {"healthCheck": {"command": ["CMD-SHELL", f"TOKEN={SECRET} ./check.sh"]}},
        {"environment": {"TOKEN": SECRET}},
    ],
    ids=lambda c: json.dumps(c)[:60],
)
def test_no_field_that_can_hold_a_secret_keeps_its_value(container):
    assert SECRET not in json.dumps(masked(container))


@pytest.mark.parametrize(
    "command",
    [
        "python -c \"import urllib.request; urllib.request.urlopen('http://localhost:8000/health').getcode() == 200\"",
        "curl -f http://localhost:8080/healthz || exit 1",
        "wget -q --spider http://127.0.0.1/ || exit 1",
    ],
)
def test_the_health_check_command_survives_since_its_url_is_evidence(command):
    assert masked({"healthCheck": {"command": ["CMD-SHELL", command]}})["healthCheck"]["command"][1] == command


def test_names_images_digests_and_arns_survive():
    container = {
        "name": "app",
        "image": "123456789012.dkr.ecr.ap-northeast-2.amazonaws.com/a:bfea2cf646ba4eb2b4f0e07661b6de2fef444f75",
        "secrets": [{"name": "KEY", "valueFrom": "arn:aws:secretsmanager:ap-northeast-2:123456789012:secret:k-AbCdEf"}],
        "environment": [{"name": "KEY", "value": SECRET}],
        "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/ecs/a"}},
    }
    assert masked(container) == container | {"environment": [{"name": "KEY", "value": redaction.MASK}]}


def test_signed_urls_in_reasons_and_events_lose_their_query():
    signed = "https://prod-layers.s3.amazonaws.com/x?X-Amz-Signature=0123abcd&X-Amz-Security-Token=zzz"
    task = redaction.task({"stoppedReason": f"CannotPull {signed}", "containers": [{"reason": signed}]})
    service = redaction.service({"events": [{"message": f"(service a) failed: {signed}."}]})
    assert "Signature" not in json.dumps([task, service])
    assert "prod-layers.s3.amazonaws.com/x?***" in task["stoppedReason"]


def test_values_of_run_time_overrides_are_masked():
    override = {"containerOverrides": [{"name": "app", "environment": [{"name": "K", "value": SECRET}]}]}
    assert SECRET not in json.dumps(redaction.task({"overrides": override, "containers": []}))


def test_of_a_log_only_requests_for_the_asked_paths_are_kept():
    events = [
        {"timestamp": 1, "message": 'INFO:     127.0.0.1:33 - "GET /health HTTP/1.1" 404 Not Found'},
        {"timestamp": 2, "message": f'INFO:     10.0.0.1:33 - "GET /reset/{SECRET} HTTP/1.1" 200 OK'},
        {"timestamp": 3, "message": f"password is {SECRET}"},
        {"timestamp": 4, "message": f'10.0.0.2 - - [x] "GET /?key={SECRET} HTTP/1.1" 200 12'},
    ]
    kept = redaction.access_requests(events, ("/health", "/"))
    assert kept == [
        {"at": 1, "client": "127.0.0.1", "method": "GET", "path": "/health", "status": 404},
        {"at": 4, "client": "10.0.0.2", "method": "GET", "path": "/", "status": 200},
    ]


def test_a_hostile_log_line_takes_no_time():
    events = [{"timestamp": 1, "message": '"GET ' + "/" * 1_000_000}, {"timestamp": 2, "message": "1.1." * 250_000}]
    assert redaction.access_requests(events, ("/",)) == []
