"""What a health check asks is read out of every usual form of command, and out of a target group."""

import pytest

from runbook_lib.diagnosis.probes import container_probes, target_probes, urls
from tests.diagnosis.builder import container, definition, guide, target_group

COMMANDS = [
    ("curl -f http://localhost:8000/health || exit 1", [("/health", 8000)]),
    ("curl -fsS http://127.0.0.1/ping", [("/ping", 80)]),
    ("curl -f http://localhost:8080", [("/", 8080)]),
    ("curl -k https://localhost/ready?full=1#top", [("/ready", 443)]),
    ("curl -f localhost:3000/healthz || exit 1", [("/healthz", 3000)]),
    ("wget --no-verbose --tries=1 --spider http://0.0.0.0:8000/health/ || exit 1", [("/health/", 8000)]),
    ("wget -q --spider localhost:8000/health", [("/health", 8000)]),
    ("/usr/bin/curl -g http://[::1]:8000/a-b_c.d", [("/a-b_c.d", 8000)]),
    ("curl http://$HOSTNAME:8000/up", [("/up", 8000)]),
    ("curl http://${HOSTNAME}:$PORT/up", [("/up", None)]),
    ("curl -f http://localhost:${PORT}/up||exit 1", [("/up", None)]),
    (
        "python -c \"import urllib.request; urllib.request.urlopen('http://localhost:8000/health')\"",
        [("/health", 8000)],
    ),
    (
        "python -c \"import http.client; c=http.client.HTTPConnection('localhost', 8000); c.request('GET', '/h')\"",
        [("/h", 8000)],
    ),
    (
        "node -e \"require('http').get('http://localhost:3000/health', r => process.exit(r.statusCode==200?0:1))\"",
        [("/health", 3000)],
    ),
    ("node -e \"require('http').get({host:'localhost', port: 3000, path: '/live'}, r => 0)\"", [("/live", 3000)]),
    ("powershell -Command Invoke-WebRequest -Uri http://localhost/iis -UseBasicParsing", [("/iis", 80)]),
    ("exec 3<>/dev/tcp/127.0.0.1/9000 && echo -e 'GET /health HTTP/1.1' >&3", [("/health", 9000)]),
    ("curl http://localhost:1/a || curl http://localhost:1/b", [("/a", 1), ("/b", 1)]),
    ("curl -f https://example.com/health", []),
    ("pg_isready -h localhost", []),
    ("nc -z localhost 8000", []),
    ("test -f /tmp/ready", []),
    ("", []),
]


@pytest.mark.parametrize(("command", "asked"), COMMANDS)
def test_what_a_shell_command_asks(command, asked):
    assert list(urls(["CMD-SHELL", command])) == asked


def test_what_a_plain_command_asks():
    assert urls(["CMD", "curl", "-f", "http://localhost:8000/health"]) == (("/health", 8000),)


@pytest.mark.parametrize("command", [["NONE"], []])
def test_a_check_that_is_off_asks_nothing(command):
    assert urls(command) == ()


def test_every_container_with_an_http_check_counts():
    side = container("proxy", healthCheck={"command": ["CMD", "curl", "http://localhost:9901/ready"]})
    found = container_probes(definition(1, container(), side, container("quiet", healthCheck=None)))
    assert [(probe.container, probe.path, probe.port) for probe in found] == [
        ("app", "/health", 8000),
        ("proxy", "/ready", 9901),
    ]


GROUPS = [
    ({}, ("/", 8000)),
    ({"HealthCheckPath": "/up?x=1"}, ("/up", 8000)),
    ({"HealthCheckPort": "9000"}, ("/", 9000)),
]


@pytest.mark.parametrize(("changes", "asked"), GROUPS)
def test_what_a_target_group_asks(changes, asked):
    [probe] = target_probes(guide(group=target_group(**changes)))
    assert (probe.path, probe.port) == asked
    assert (probe.name, probe.container, probe.matcher) == ("momentir-cx-llm-tg", "app", "200")


@pytest.mark.parametrize(
    "changes",
    [
        {"HealthCheckProtocol": "TCP", "HealthCheckPath": None},
        {"ProtocolVersion": "GRPC"},
        {"HealthCheckEnabled": False},
    ],
)
def test_a_target_group_that_asks_no_path_is_left_out(changes):
    assert target_probes(guide(group=target_group(**changes))) == ()


@pytest.mark.parametrize(
    "piece", ["http://localhost:", "localhost/", "path: '/", "HTTPConnection('localhost', ", "curl "]
)
def test_a_huge_command_is_read_in_linear_time(piece):
    """An expression that backtracks would take hours for this, not milliseconds."""
    assert isinstance(urls(["CMD-SHELL", piece * 100_000]), tuple)
