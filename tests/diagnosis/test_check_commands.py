"""What a health check command's exit status depends on, tried by running it where a shell can."""

import subprocess

import pytest

from runbook_lib.diagnosis.check_commands import corrected, tool, weakness
from tests.diagnosis.builder import asks

URL = "http://localhost:8000/health"
PYTHON = "import urllib.request; urllib.request.urlopen('{url}').getcode() == 200"
SHELL = {
    f"curl -f {URL} || exit 1": "",
    f"curl -fsS {URL}": "",
    f"curl --fail-with-body -s {URL} || exit 1": "",
    f"curl -sf -o /dev/null {URL} && echo ok || exit 1": "",
    f"wget -q --spider {URL} || exit 1": "",
    f"curl -s {URL} | grep -q ok": "",
    f"test $(curl -s -o /dev/null -w '%{{http_code}}' {URL}) = 200": "",
    "pg_isready -U app": "",
    "exit 1": "",
    f"curl -f {URL} || exit 0": "never-fails",
    f"curl -f {URL} || true": "never-fails",
    f"curl -f {URL}; true": "never-fails",
    f"curl -f {URL} ; echo done": "never-fails",
    f"wget -q --spider {URL} || echo 'not healthy'": "never-fails",
    "exit 0": "never-fails",
    "echo ok": "never-fails",
    "true": "never-fails",
    f"curl {URL} || exit 1": "ignores-status",
    f"/usr/bin/curl -s -o /dev/null {URL}": "ignores-status",
    f'python -c "{PYTHON.format(url=URL)}" || exit 1': "ignores-comparison",
    f"python3 -c \"import requests; requests.get('{URL}').status_code == 200\"": "ignores-status",
    f"python -c \"import urllib.request; assert urllib.request.urlopen('{URL}').getcode() == 200\"": "",
    f"python -c \"import sys, urllib.request; sys.exit(urllib.request.urlopen('{URL}').status != 200)\"": "",
    f"python -c \"import urllib.request; urllib.request.urlopen('{URL}')\"": "",
    'python -c "not ( closed"': "",
    'python -c "unclosed': "",
}


@pytest.mark.parametrize(("line", "expected"), SHELL.items())
def test_a_shell_command(line, expected):
    assert weakness(["CMD-SHELL", line]) == expected


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (["CMD", "python", "-c", PYTHON.format(url=URL)], "ignores-comparison"),
        (["CMD", "curl", "-f", URL], ""),
        (["CMD", "curl", URL], "ignores-status"),
        (["CMD", "true"], "never-fails"),
        (["CMD", "curl", "-f", URL, "||", "true"], ""),  # without a shell these are arguments
        ([], ""),
    ],
)
def test_a_command_without_a_shell(command, expected):
    assert weakness(command) == expected


@pytest.mark.parametrize(
    ("command", "name"),
    [(["CMD-SHELL", "/usr/bin/wget -q x"], "wget"), (["CMD", "curl", "x"], "curl"), (["CMD", "node", "curly.js"], "")],
)
def test_the_tool_of_a_command(command, name):
    assert tool(command) == name


def test_what_is_proposed_is_not_weak_itself():
    for command in (asks(), ["CMD", "curl", URL], ["CMD-SHELL", "wget -q x || true"], ["CMD", "true"]):
        proposed = corrected(command, URL)
        assert URL in proposed
        assert weakness(["CMD-SHELL", proposed]) == ""


@pytest.mark.parametrize("line", [line for line, kind in SHELL.items() if kind == "never-fails"])
def test_a_command_that_is_said_never_to_fail_exits_with_0(line):
    """Whatever the request gives: the tools are replaced by ``false``."""
    broken = f"curl() {{ false; }}; wget() {{ false; }}; {line}"
    assert subprocess.run(["/bin/sh", "-c", broken], capture_output=True, check=False).returncode == 0
