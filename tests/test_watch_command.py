"""The command `watch` as CI and a person at a terminal meet it: formats, exit codes, Ctrl-C."""

import json
import re
import signal
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO

import pytest

from runbook_lib.cli.faces import GitHub, Json, Lines, form_of
from runbook_lib.errors import InputError
from runbook_lib.following import Record, follow, outcome_page
from runbook_lib.report import github
from runbook_lib.report.context import Context
from runbook_lib.report.watch_lines import line, outcome_json
from runbook_lib.text import say
from tests.command import ecs_runbook, interrupted
from tests.conftest import CLUSTER, SERVICE
from tests.watched_lab import parameters_of, unfolding

LINE = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+09:00 \+\d+ (min|s)\b.* (IN_PROGRESS|COMPLETED|FAILED) · running \d"
)


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """A deployment that completes, shown as lines and as JSON: what each printed."""
    folder = tmp_path_factory.mktemp("watched")
    printed, told = StringIO(), StringIO()
    with unfolding("healthy", folder / "lab") as lab, redirect_stdout(printed), redirect_stderr(told):
        given, context = parameters_of(lab, outputs=str(folder / "out")), Context("en")
        faces = (Lines(context, line), Json(context, line))

        def both(poll) -> None:
            for face in faces:
                face.told(poll)

        found = follow(given, Record(given, "watch", lambda _: None), both, lab.advance)
        faces[1].ended(outcome_page(found, given, "en"), outcome_json(found, "en"), ())
    return {"lines": told.getvalue().splitlines(), "json": printed.getvalue().splitlines()}


def test_a_line_has_time_elapsed_state_counts_and_targets(shown):
    assert len(shown["lines"]) > 3
    assert [text for text in shown["lines"] if not LINE.match(text) or "\n" in text] == []
    assert "healthy targets 1/1" in shown["lines"][-1]


def test_an_event_is_told_once(shown):
    texts = [text.partition("(service ")[2] for text in shown["lines"]]
    events = [text for text in texts if text]
    assert len(events) == len(set(events)) > 1


def test_json_is_an_object_a_line_and_the_last_one_is_the_end(shown):
    polls = [json.loads(text) for text in shown["json"]]
    assert {"at", "elapsed_s", "state", "deployment"} <= set(polls[0])
    assert (polls[-1]["end"], polls[-1]["exit_code"], polls[-1]["state"]) == ("completed", 0, "COMPLETED")
    assert [p for p in polls[:-1] if "end" in p] == []


def test_github_gets_annotations_a_summary_and_the_cause(tmp_path):
    summary = tmp_path / "summary.md"
    with unfolding("guide", tmp_path / "lab") as lab:
        done = ecs_runbook(
            "watch", "--params", lab.params, "--lang", "en", GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary)
        )
    assert done.returncode == 1
    printed = done.stdout.splitlines()
    assert re.fullmatch(r"::stop-commands::[0-9a-f]{32}", printed[0])
    assert f"::{printed[0].rpartition('::')[2]}::" in printed
    assert [text for text in printed if text.startswith("::error title=Image tag not in the repository::")]
    text = summary.read_text(encoding="utf-8")
    assert text.startswith("## Deployment\n")
    assert "### Image tag not in the repository" in text
    assert "aws ecs register-task-definition" in text


def test_nothing_in_an_annotation_begins_another():
    told = github.annotation("error", "a:b,c%\n", "x\n::set-output name=a::b\r100%")
    assert told == "::error title=a%3Ab%2Cc%25%0A::x%0A::set-output name=a::b%0D100%25"


def test_a_rolled_back_deployment_is_never_called_complete(lab_of):
    lab = lab_of("bad-build-rolled-back")
    done = ecs_runbook("watch", "--params", lab.params, "--format", "lines")
    assert done.returncode == 5
    assert say("watch.end.rolled-back", "ko") in done.stdout
    assert say("watch.end.completed", "ko") not in done.stdout


def test_ctrl_c_leaves_a_record_and_says_how_to_go_on(tmp_path):
    with unfolding("slow-start", tmp_path / "lab") as lab:
        out = tmp_path / "outputs"
        done = interrupted(
            *("watch", "--params", lab.params, "-p", f"outputs={out}", "-p", "incident_id=new", "--json"),
            when=lambda: any("-watch-" in path.name for path in out.rglob("*.json")),
            by=signal.SIGTERM,
        )
    assert done.returncode == 130
    assert "--deployment ecs-svc/" in done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["end"] == "interrupted"
    ends = [json.loads(path.read_text())["phase"] for path in sorted(out.rglob("*-watch-*.json"))]
    assert ends == ["begin", "end"]


def test_where_nothing_answers_it_could_not_look():
    gone = ("--cluster", CLUSTER, "--service", SERVICE, "--region", "ap-northeast-2")
    done = ecs_runbook("watch", *gone, "--endpoint-url", "http://127.0.0.1:1", "-p", "credentials=lab")
    assert done.returncode == 3


@pytest.mark.parametrize(
    ("environment", "form"),
    [({"GITHUB_ACTIONS": "true"}, "github"), ({}, "lines")],
)
def test_auto_is_what_the_place_reads(monkeypatch, environment, form):
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert form_of("auto") == form
    assert form_of("json") == "json"


def test_an_unknown_form_is_refused():
    with pytest.raises(InputError, match="format-unknown"):
        form_of("xml")


def test_a_summary_that_cannot_be_written_costs_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "absent" / "summary.md"))
    with unfolding("guide", tmp_path / "lab") as lab:
        given = parameters_of(lab, outputs=str(tmp_path / "out"))
        found = follow(given, Record(given, "watch", lambda _: None), lambda _: None, lab.advance)
        GitHub(Context("en"), line).ended(outcome_page(found, given, "en"), {}, ())
    assert "summary.md" in capsys.readouterr().err
