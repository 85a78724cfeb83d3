"""``ecs-runbook explain``: for a person in either language, for a program, and for many messages at once."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from runbook_lib.diagnosis.messages import CAUSES
from tests.command import ECS_RUNBOOK, clean_environment, ecs_runbook
from tests.diagnosis.messages.corpus import FILE, MESSAGES

HANGUL = re.compile("[가-힣]")
IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/api:abc"
ABSENT = f"CannotPullContainerError: ref pull has been retried 1 time(s): failed to resolve ref {IMAGE}: not found"
BREAKER = "(service api) (deployment ecs-svc/1) deployment failed: tasks failed to start."
STEADY = "(service api) has reached a steady state."


def piped(text: str | bytes, *arguments: str, lang: str = "en") -> subprocess.CompletedProcess[str]:
    """The command with a text on its standard input."""
    data = text.encode() if isinstance(text, str) else text
    return ecs_runbook("explain", "--lang", lang, *arguments, given=data)


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_a_person_reads_cause_meaning_fix_and_page_in_their_language(lang):
    done = ecs_runbook("explain", ABSENT, "--lang", lang)
    assert done.returncode == 1
    assert "image-not-found" in done.stdout
    assert bool(HANGUL.search(done.stdout)) is (lang == "ko")
    assert "aws ecr describe-images --repository-name api --image-ids imageTag=abc --region eu-west-1\n" in done.stdout
    assert f"docs.aws.amazon.com/{'ko_kr/' if lang == 'ko' else ''}AmazonECS" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        (ABSENT, 1, "Confirmed"),
        (ABSENT[:-12], 1, "Possible"),
        (BREAKER, 1, "not the cause"),
        (STEADY, 0, "no failure"),
        ("Task failed to start", 3, "cause not known"),
        ("hello", 3, "No message of ECS was recognised"),
        ("--not-an-option-but-a-text", 2, "--not-an-option"),
    ],
)
def test_the_exit_code_tells_cause_from_health_from_unknown(text, code, words):
    done = ecs_runbook("explain", text, "--lang", "en")
    assert done.returncode == code
    assert words in done.stdout + done.stderr


def test_a_piped_log_leads_with_its_cause():
    done = piped(f"10:00:00 {STEADY}\n10:01:00 {BREAKER}\nnpm ERR! 404 Not Found\n10:02:00 {ABSENT}\n", "-")
    assert done.returncode == 1
    assert done.stdout.index("image-not-found") < done.stdout.index(BREAKER[:30]) < done.stdout.index(STEADY[:30])
    assert "npm" not in done.stdout


def test_a_pipe_needs_no_dash_and_a_file_no_pipe(tmp_path: Path):
    log = tmp_path / "deploy.log"
    log.write_text(f"{BREAKER}\n", encoding="utf-8")
    shown = piped(BREAKER).stdout
    assert "circuit-breaker-triggered" in shown
    assert piped("", str(log)).stdout == shown


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_log_may_be_coded_as_windows_does(coding):
    assert "circuit-breaker-triggered" in piped(f"배포\r\n{BREAKER}\r\n".encode(coding), "-").stdout


def test_bytes_that_are_no_text_are_no_obstacle():
    assert "circuit-breaker-triggered" in piped(b"\xff\x00\xfe\n" + BREAKER.encode() + b"\n\x80", "-").stdout


@pytest.mark.parametrize("text", ["", " \n\t", b"\xef\xbb\xbf"])
def test_an_empty_text_is_one_sentence(text):
    done = piped(text, "-")
    assert (done.returncode, done.stdout) == (2, "")
    assert "empty" in done.stderr
    assert done.stderr.count("\n") == 1


def test_json_has_all_of_it():
    done = ecs_runbook("explain", f"{ABSENT}\n{BREAKER}", "--json", "--lang", "en")
    first, second = json.loads(done.stdout)["messages"]
    assert (first["label"], first["group"], first["role"], first["confidence"]) == (
        "image-not-found", "image", "cause", "confirmed",
    )  # fmt: skip
    assert (second["label"], second["role"], second["confidence"], second["line"]) == (
        "circuit-breaker-triggered", "symptom", "", 2,
    )  # fmt: skip
    assert {"title", "means", "fix", "page", "healthy", "count", "text"} <= set(first)


def test_machines_get_a_line_for_every_line():
    done = piped(FILE.read_bytes(), "--jsonl")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.returncode, done.stderr) == (0, "")
    assert [answer["id"] for answer in answers] == [message.id for message in MESSAGES]
    assert all(set(answer) == {"id", "root_cause", "healthy"} and answer["root_cause"] in CAUSES for answer in answers)


def test_a_file_of_lines_can_be_named(tmp_path: Path):
    lines = tmp_path / "messages.jsonl"
    lines.write_text(json.dumps({"id": 1, "kind": "service_event", "text": STEADY}) + "\n", encoding="utf-8")
    assert json.loads(piped("", str(lines), "--jsonl").stdout) == {
        "id": 1,
        "root_cause": "steady-state",
        "healthy": True,
    }


@pytest.mark.parametrize("bad", ["{", "[]", '{"id": 1}', '{"id": 1, "text": 5}', "null", "[" * 9000])
def test_a_bad_line_is_named_and_the_others_are_answered(bad):
    good = json.dumps({"id": "a", "text": STEADY})
    done = piped(f"{good}\n{bad}\n\n{good}\n", "--jsonl")
    assert done.returncode == 2
    assert len(done.stdout.splitlines()) == 2
    assert "Line 2:" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "secret",
    [
        "DB_PASSWORD=hunter2", "AWS_SECRET_ACCESS_KEY=hunter2", "--password hunter2", "password: hunter2",
        "Authorization: Bearer hunter2", "curl -u admin:hunter2 x", '{"name": "DB_PASS", "value": "hunter2"}',
        "ghp_hunter2hunter2hunter2", "https://user:hunter2@example.org/", "비밀번호: hunter2",
    ],
)  # fmt: skip
@pytest.mark.parametrize("around", ["{}\nBuild failed\n", f"{BREAKER} {{}}\n"])
def test_secrets_are_not_printed_back(secret, around):
    shown = piped(around.replace("{}", secret), "-").stdout + piped(around.replace("{}", secret), "-", "--json").stdout
    assert shown
    assert "hunter2" not in shown


def test_an_option_that_is_a_pasted_secret_is_not_repeated():
    done = ecs_runbook("explain", "-----BEGIN PRIVATE KEY----- hunter2", "--lang", "en")
    assert done.returncode == 2
    assert "hunter2" not in done.stderr


@pytest.mark.parametrize(("name", "words"), [("nope.log", "nope.log"), (".", "not a file"), ("/no/such", "/no/such")])
def test_what_can_only_be_meant_for_a_file_is_one(name, words, tmp_path):
    done = ecs_runbook("explain", name, "--lang", "en", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr


def test_what_another_command_gives_is_read(tmp_path):
    """As ``explain <(command)`` does."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen([ECS_RUNBOOK, "explain", str(pipe)], stdout=subprocess.PIPE, env=clean_environment()) as run:
        pipe.write_text(f"{BREAKER}\n", encoding="utf-8")
        assert run.stdout
        assert b"circuit-breaker-triggered" in run.stdout.read()


def test_what_is_pasted_neither_steers_the_terminal_nor_gives_secrets_away():
    hostile = f"{BREAKER}\x1b]8;;http://x\x07 \u202e token https://user:hunter2@example.org/?X-Amz-Signature=abc"
    shown = piped(hostile, "-").stdout + piped(hostile, "-", "--json").stdout
    assert not any(secret in shown for secret in ("\x1b", "\x07", "\u202e", "hunter2", "Signature=abc"))
    quoted = f'{BREAKER} {{"environment": [{{"name": "PASSWORD", "value": "hunter2"}}]}}'
    assert "hunter2" not in piped(quoted, "-").stdout


def test_a_reader_that_goes_away_is_no_error():
    command = f"{ECS_RUNBOOK} explain --jsonl < {FILE} | head -1"
    done = subprocess.run(command, shell=True, check=True, capture_output=True, env=clean_environment())
    assert done.stdout.count(b"\n") == 1
    assert done.stderr == b""


def test_a_number_that_json_cannot_hold_is_given_back_as_text():
    answer = json.loads(piped(f'{{"id": 1e400, "text": "{STEADY}"}}\n', "--jsonl").stdout)
    assert answer["id"] == "inf"
