"""A deployment that was watched to its end and answers afterwards closes the incident, and nothing less does."""

import json
from datetime import UTC, datetime, timedelta

import pytest

import runbook_lib as rb
from runbook_lib import runs, verifying
from runbook_lib.archive import journal
from runbook_lib.archive.incidents import closed_lately
from runbook_lib.errors import ExitCode
from runbook_lib.evidence.journal import Entry, mended
from runbook_lib.evidence.model import Target
from runbook_lib.following import Record, follow
from runbook_lib.look import look
from tests.command import ecs_runbook
from tests.watched_lab import parameters_of, unfolding

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
DONE = ("watch", {"phase": "end", "end": "completed", "deployment": "ecs-svc/1"})
LOOKED = ("look", {"state": "healthy", "causes": [], "symptoms": []})


def entries(*told):
    """Entries a minute apart."""
    return tuple(Entry(NOW + timedelta(minutes=n), f"{n}", kind, "me", facts) for n, (kind, facts) in enumerate(told))


@pytest.mark.parametrize(
    ("told", "closes"),
    [
        ((DONE,), True),
        ((DONE, LOOKED, ("watch", {"phase": "begin", "deployment": "ecs-svc/1"})), True),
        ((("look", {"state": "stuck", "causes": [{"rule": "r"}]}), DONE), True),
        ((), False),
        ((LOOKED,), False),
        ((("watch", DONE[1] | {"end": "timeout"}),), False),
        ((("watch", DONE[1] | {"deployment": "ecs-svc/2"}),), False),
        ((DONE, ("intent", {"change": "update-service"})), False),
        ((DONE, ("look", {"state": "deploying", "causes": [], "symptoms": [{"rule": "r"}]})), False),
        ((DONE, ("look", {"state": "failing"})), False),
        ((DONE, ("look", {"state": "failing"}), DONE), True),
    ],
)
def test_a_completed_watch_counts_until_something_is_changed_or_amiss(told, closes):
    assert (mended(entries(*told), "ecs-svc/1") is not None) is closes


@pytest.fixture
def watched(tmp_path):
    """A deployment that completes while it is watched, in an incident of its own: the lab and its parameters."""
    with unfolding("healthy", tmp_path / "lab") as lab:
        given = parameters_of(lab, outputs=str(tmp_path / "out"), incident_id="new", verify_tries=1, lang="en")
        assert follow(given, Record(given, "watch", pytest.fail), lambda _: None, lab.advance).word == "completed"
        yield lab, given.model_copy(update={"incident_id": ""})


def kept(given, **changed):
    asked = given.model_copy(update=changed)
    return verifying.record(verifying.verify(asked), asked, "verify")


def test_watched_to_its_end_and_verified_an_incident_is_closed(watched):
    lab, given = watched
    done = ecs_runbook("verify", "--params", lab.params, "-p", f"outputs={given.outputs}", "--lang", "en")
    assert done.returncode == 0
    assert "is closed: the deployment that was watched completed" in done.stdout
    assert f"ecs-runbook report --params {lab.params}" in done.stdout.replace(" \\\n ", "")
    listed = ("incidents", "list", "-p", f"outputs={given.outputs}", "--lang", "en")
    [row] = json.loads(ecs_runbook(*listed, "--json").stdout)
    assert (row["status"], row["closed_why"]) == ("closed", "verified")
    assert row["closed_at"]
    assert "completed, and the check passed" in ecs_runbook(*listed).stdout
    again = json.loads(ecs_runbook("verify", "--params", lab.params, "-p", f"outputs={given.outputs}", "--json").stdout)
    assert (again["incident"], again["closed"]) == ("", False), "what is closed takes no more checks by itself"


def test_less_than_that_closes_nothing(watched, boto):
    lab, given = watched
    assert not kept(given, verify_path="/nope", verify_expect="200").closed
    expected = given.model_copy(update={"verify_path": "/nope", "verify_expect": "404"})
    found = verifying.verify(expected)
    left = verifying.record(found, expected, "verify")
    assert (found.exit_code, left.closed) == (ExitCode.GOOD, False), "an error that is expected ends no incident"
    assert "stays open" in verifying.page(found, expected, "en", left, ()).text
    assert not kept(given, connect_to="127.0.0.1:1").closed
    assert not kept(given, incident_id="none").closed
    names = {"cluster": given.cluster, "service": given.service}
    boto("ecs", lab.endpoint_url).update_service(**names, forceNewDeployment=True)
    assert not kept(given).closed, "another deployment is going on"


def test_the_report_belongs_to_the_incident_that_was_just_closed_and_tells_how(watched):
    _, given = watched
    folder = kept(given).folder
    assert journal.marks(folder)[-1].kind == "closed"
    seen = look(given)
    assert runs.record(seen, given, "diagnose") is None, "a look that sees no fault opens nothing and joins nothing"
    final = runs.archive(seen, given, None)
    assert final.parent == folder
    for lang, told in (("ko", "배포 완료 · 동작 확인 통과"), ("en", "completed, and the check passed")):
        page = (final / f"report.{lang}.html").read_text(encoding="utf-8").replace("\u00a0", " ")
        assert told in page
        assert "정상 응답" in page if lang == "ko" else "Answers as expected" in page


def test_an_incident_that_is_open_or_was_closed_long_ago_gets_no_late_report(watched, tmp_path):
    _, given = watched
    evidence = verifying.verify(given).evidence
    assert closed_lately(tmp_path / "out", evidence.target) is None
    assert closed_lately(tmp_path / "nowhere", Target("a", "b", "c")) is None


def test_a_notebook_closes_it_too(watched):
    _, given = watched
    section = rb.Incident(given).verify()
    assert "is closed" in section.text
    assert "ecs-runbook report" in section.text
