"""Of a container's log only known sentences are kept, and of these only numbers, a bound address and a name."""

import json

import pytest

from runbook_lib.evidence.log_lines import SIGNS, sentences

SAID = {
    "exec /usr/local/bin/streamlit: exec format error": {"sign": "exec-format"},
    "standard_init_linux.go:228: exec user process caused: exec format error": {"sign": "exec-format"},
    "exec /app/start.sh: no such file or directory": {"sign": "exec-failed"},
    "[FATAL tini (7)] exec ./server failed: No such file or directory": {"sign": "exec-failed"},
    "/bin/sh: 1: gunicorn: not found": {"sign": "command-not-found"},
    "sh: line 1: node: command not found": {"sign": "command-not-found"},
    "/usr/bin/env: ‘python’: No such file or directory": {"sign": "command-not-found"},
    "/bin/sh: ./start.sh: Permission denied": {"sign": "command-not-permitted"},
    "exec /app/start.sh: permission denied": {"sign": "exec-failed"},
    "Error: listen EADDRINUSE: address already in use 0.0.0.0:3000": {"sign": "address-in-use"},
    "[ERROR] [Errno 98] Address already in use": {"sign": "address-in-use"},
    "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory": {"sign": "heap-exhausted"},
    "java.lang.OutOfMemoryError: Java heap space": {"sign": "heap-exhausted"},
    "KeyError: 'DATABASE_URL'": {"sign": "variable-missing", "name": "DATABASE_URL"},
    "Error: Missing required environment variable: API_KEY": {"sign": "variable-missing", "name": "API_KEY"},
    "environment variable PORT is not set": {"sign": "variable-missing", "name": "PORT"},
    "JWT_SECRET environment variable is required": {"sign": "variable-missing", "name": "JWT_SECRET"},
    "entry.sh: line 3: x": None,
    "/bin/sh: line 3: DB_HOST: unbound variable": {"sign": "variable-missing", "name": "DB_HOST"},
    "Could not resolve placeholder 'DB_URL' in value": {"sign": "variable-missing", "name": "DB_URL"},
    "INFO:     Uvicorn running on http://0.0.0.0:8000 (Press CTRL+C to quit)": {
        "sign": "listening", "address": "0.0.0.0", "port": 8000,
    },
    "[INFO] Listening at: http://127.0.0.1:5000 (7)": {"sign": "listening", "address": "127.0.0.1", "port": 5000},
    "Now listening on: http://[::]:80": {"sign": "listening", "address": "[::]", "port": 80},
    "Tomcat started on port(s): 8080 (http) with context path ''": {"sign": "listening", "address": "", "port": 8080},
    "Server listening on port 3000": {"sign": "listening", "address": "", "port": 3000},
    "listening on :8080": {"sign": "listening", "address": "", "port": 8080},
    "Started AuthApplication in 191.2 seconds (process running for 193.0)": {"sign": "started", "seconds": 191.2},
    "Ready in 340 ms": {"sign": "started", "seconds": 0.34},
    "Server startup in [2500] milliseconds": {"sign": "started", "seconds": 2.5},
    # what only looks like one
    "environment variable PORT is set": None,
    "user 17 not found": None,
    "permission denied for user admin": None,
    "KeyError: 'user'": None,
    "KeyError: 'AKIAIOSFODNN7EXAMPLE'": None,
    "the job is running on time": None,
    "GET /env/variable 404 not found": None,
}  # fmt: skip


def said(*lines):
    return sentences([{"timestamp": 1000 + n, "message": line} for n, line in enumerate(lines)])


@pytest.mark.parametrize(("line", "expected"), SAID.items())
def test_a_sentence_is_told(line, expected):
    found = [{k: v for k, v in one.items() if k not in ("at", "last", "count")} for one in said(line)]
    assert found == ([expected] if expected else [])


def test_every_sign_has_an_example():
    assert {expected["sign"] for expected in SAID.values() if expected} == set(SIGNS)


def test_the_same_sentence_is_counted():
    [found] = said("KeyError: 'DATABASE_URL'", "hello", "KeyError: 'DATABASE_URL'")
    assert (found["count"], found["at"], found["last"]) == (2, 1000, 1002)


def test_nothing_else_of_a_line_is_kept():
    lines = [f"hunter2-token {line} hunter2-token" for line in SAID]
    assert "hunter2" not in json.dumps(said(*lines))


def test_a_message_of_any_shape_is_borne():
    assert sentences([{}, {"message": None}, {"message": "x" * 100_000 + "exec format error"}]) == []


def test_a_long_line_costs_little():
    hostile = ["listening " * 5000, "env " * 5000 + ":", "started in " * 5000, "a" * 50_000, "exec " * 9000]
    assert said(*hostile) == []
