"""What can be secret is masked by field; what identifies a thing survives."""

import json

import pytest

from runbook_lib.diagnosis.probes import urls
from runbook_lib.evidence import redaction
from runbook_lib.evidence.serialisation import plain
from tests.diagnosis.test_probes import COMMANDS

SECRET = "hunter2-and-more"


# Every usual way to hand a secret to a check; the second line and on are those that patterns for options miss.
CHECKS = [
    f"curl -fsH 'X-Api-Key: {SECRET}' http://localhost/ok",
    f"curl -HX-Api-Key:{SECRET} http://localhost/ok",
    f'curl -H "X: \\"{SECRET}\\"" localhost/ok',
    f"curl --data token={SECRET} http://localhost/ok",
    f"curl 'http://localhost/ok?a=1&token={SECRET}'",
    f"curl http://localhost/ok?a=1&token={SECRET}",
    f"curl localhost:8000/ok?token={SECRET}",
    f"curl http://admin:it's{SECRET}@localhost/ok#{SECRET}",
    f"redis-cli -a {SECRET} ping",
    f"mysqladmin ping -p{SECRET} --password={SECRET}",
    f"psql postgres://app:{SECRET}@localhost/db?sslcert={SECRET}",
    f"echo {SECRET} | nc localhost 80",
    f"node -e \"require('http').get({{path: '/', headers: {{authorization: '{SECRET}'}}}})\"",
    f"python -c \"import app; app.check('{SECRET}')\"",
    f"sh -c '${{TOKEN:-{SECRET}}}'",
]
PLAIN_CHECKS = [
    ["curl", "-H", f"Authorization: Bearer {SECRET}", "http://localhost/ok"],
    ["curl", "--user", f"1:{SECRET}", "http://localhost/ok"],
    ["redis-cli", "-a", "12345" + SECRET, "ping"],
]


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
        {"environment": [{"name": "TOKEN", "Value": SECRET}]},
        {"logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-datetime-format": SECRET}}},
        {"logConfiguration": {"logDriver": "gelf", "options": SECRET}},
        {"healthCheck": {"command": f"curl -u a:{SECRET} localhost"}},
        *({"healthCheck": {"command": ["CMD-SHELL", command]}} for command in CHECKS),
        *({"healthCheck": {"command": ["CMD", *command]}} for command in PLAIN_CHECKS),
        {"anything": SECRET},
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
        *(command for command, _ in COMMANDS if "?" not in command.partition("localhost")[2].partition(" ")[0]),
    ],
)
def test_the_health_check_command_survives_since_its_url_is_evidence(command):
    assert masked({"healthCheck": {"command": ["CMD-SHELL", command]}})["healthCheck"]["command"][1] == command


@pytest.mark.parametrize(("command", "asked"), COMMANDS)
def test_what_a_check_asks_is_the_same_after_redaction(command, asked):
    kept = masked({"healthCheck": {"command": ["CMD-SHELL", command]}})["healthCheck"]["command"]
    assert list(urls(kept)) == asked


@pytest.mark.parametrize("before", ["-H", "--user", "-a", "-fsSu"])
def test_a_short_number_after_an_option_that_sends_it_is_masked(before):
    shell = masked({"healthCheck": {"command": ["CMD-SHELL", f"x {before} 12345 y"]}})
    plain_one = masked({"healthCheck": {"command": ["CMD", "x", before, "12345", "y"]}})
    assert "12345" not in json.dumps([shell, plain_one])


def test_names_images_digests_and_arns_survive():
    container = {
        "name": "app",
        "image": "123456789012.dkr.ecr.ap-northeast-2.amazonaws.com/a:bfea2cf646ba4eb2b4f0e07661b6de2fef444f75",
        "secrets": [{"name": "KEY", "valueFrom": "arn:aws:secretsmanager:ap-northeast-2:123456789012:secret:k-AbCdEf"}],
        "environment": [{"name": "KEY", "value": SECRET}],
        "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/ecs/a"}},
    }
    assert masked(container) == container | {"environment": [{"name": "KEY", "value": redaction.MASK}]}


SIGNED = f"https://user:{SECRET}@prod-layers.s3.amazonaws.com/x?X-Amz-Signature={SECRET}&X-Amz-Security-Token={SECRET}"
SIDES = [{"name": "app", "command": [SECRET], "environment": [{"name": "K", "value": SECRET}]}]
# Everything else that AWS answers with, wherever it stands in the answer.
ANSWERS = [
    {"stoppedReason": f"CannotPull {SIGNED}", "containers": [{"reason": SIGNED}]},
    {"events": [{"message": f"(service a) failed: {SIGNED}."}]},
    {"deployments": [{"rolloutStateReason": f"ECS deployment: ({SIGNED})"}]},
    {"serviceDeployments": [{"statusReason": SIGNED}]},
    {"TargetHealth": {"Description": SIGNED}},
    {"failures": [{"failureReason": SIGNED}]},
    {"TargetGroups": [{"HealthCheckPath": f"/health?token={SECRET}"}]},
    {"overrides": {"containerOverrides": SIDES}},
    {"tags": [{"key": "token", "value": SECRET}]},
    {"volumes": [{"dockerVolumeConfiguration": {"driverOpts": {"o": SECRET}, "labels": {"l": SECRET}}}]},
    {"serviceConnectConfiguration": {"logConfiguration": {"options": {"splunk-token": SECRET}}}},
    {
        "volumeConfigurations": [
            {"managedEBSVolume": {"tagSpecifications": [{"tags": [{"key": "a", "value": SECRET}]}]}}
        ]
    },
    {"deploymentConfiguration": {"lifecycleHooks": [{"hookDetails": {"token": SECRET}}]}},
    {"containerDefinitions": [SECRET, {"hidden": {"deep": [SECRET]}}]},
    {"proxyConfiguration": {"properties": [{"name": "K", "value": SECRET}]}},
]


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: next(iter(answer)))
def test_no_answer_of_aws_brings_a_secret_in(answer):
    kept = plain(answer)
    assert SECRET not in json.dumps(kept)
    assert kept.keys() == answer.keys()
    assert plain(kept) == kept


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('Get "https://a.b/c?d=1": EOF', 'Get "https://a.b/c?***": EOF'),
        ("(reason https://a.b/c?d=1)", "(reason https://a.b/c?***)"),
        ("'https://a.b/c?d=1','x'", "'https://a.b/c?***','x'"),
        ("https://a.b/c?d='1'e", "https://a.b/c?***"),
        ("see https://u@a.b:8443/c.", "see https://a.b:8443/c."),
        ("redis://:p@h:6379/0#t", "redis://h:6379/0#***"),
        ("HTTPS://U:P@H/?q", "HTTPS://H/?***"),
        ("a://b@c?d e://f", "a://c?*** e://f"),
        ("no address :// here", "no address :// here"),
        (f"https://r.io/v2/app@sha256:{'a' * 64}", f"https://r.io/v2/app@sha256:{'a' * 64}"),
    ],
)
def test_a_url_keeps_where_it_points_and_no_more(text, shown):
    assert redaction.masked_urls(text) == shown
    assert redaction.masked_urls(shown) == shown


@pytest.mark.parametrize("piece", ["://", "://a@", "'https://a?", "a", "-H '", "?://", "${", "a/", ")", '-H "\\"'])
def test_a_megabyte_of_anything_is_masked_in_linear_time(piece):
    """An expression that backtracks would take hours for this, not milliseconds."""
    text = piece * (1_000_000 // len(piece))
    assert len(plain({"message": text})["message"]) <= len(text) * 2
    assert len(json.dumps(masked({"healthCheck": {"command": ["CMD-SHELL", text]}}))) < 30_000


PATHS = (("/health", 200), (f"/reset/{SECRET}", 404), ("/", 404), ("/", 200))


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


def test_of_requests_for_other_paths_only_how_many_had_which_status_is_kept():
    lines = [f'10.0.0.1 - - [x] "GET {path} HTTP/1.1" {status} 12' for path, status in PATHS]
    events = [{"timestamp": 1, "message": line} for line in (*lines, f"password is {SECRET}")]
    assert redaction.other_requests(events, ("/health",)) == {"404": 2, "200": 1}


def test_a_hostile_log_line_takes_no_time():
    events = [{"timestamp": 1, "message": '"GET ' + "/" * 1_000_000}, {"timestamp": 2, "message": "1.1." * 250_000}]
    assert redaction.access_requests(events, ("/",)) == []
    ready = [{"timestamp": 1, "message": "started " + "a" * 1_000_000}, {"timestamp": 2, "message": "on " * 300_000}]
    assert redaction.readiness(ready)["ready_at"] is None


READY = {
    "INFO:     Uvicorn running on http://0.0.0.0:8000 (Press CTRL+C to quit)": (8000, False),
    " * Running on http://127.0.0.1:5000": (5000, True),
    "[INFO] Listening at: http://0.0.0.0:8080 (7)": (8080, False),
    "Tomcat started on port(s): 8080 (http) with context path ''": (8080, None),
    "Started Application in 12.3 seconds (process running for 13.1)": (None, None),
    "Server listening on port 3000": (3000, None),
    "Now listening on: http://[::]:8080": (8080, False),
    "Listening on localhost:4000": (4000, True),
}


@pytest.mark.parametrize(("line", "expected"), READY.items())
def test_of_a_line_that_says_that_a_server_listens_only_numbers_are_kept(line, expected):
    told = redaction.readiness([{"timestamp": 3, "message": f"2026-11-23 07:00:00.123 {line}"}])
    assert told == {"ready_at": 3, "ready_port": expected[0], "ready_local": expected[1]}


@pytest.mark.parametrize("line", ["GET /ready HTTP/1.1", "connecting to db on port 5432", "Started", "listening"])
def test_other_lines_say_nothing_of_it(line):
    assert set(redaction.readiness([{"timestamp": 3, "message": line}]).values()) == {None}
