"""Notebooks with somebody in front of them, without a browser: views, buttons and what they leave on record."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from runbook_lib.archive import journal
from runbook_lib.archive.locks import only_one
from runbook_lib.diagnosis.trail import Place
from runbook_lib.guided.incident import Guided
from runbook_lib.lab.hosting import Lab
from runbook_lib.parameters import from_file, layered


@pytest.fixture
def lab(own_lab, request) -> Lab:
    return own_lab(getattr(request, "param", "guide"))


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch) -> Path:
    """A folder of the user's own: nothing is found outside it."""
    (tmp_path / "parameters").mkdir()
    monkeypatch.setenv("ECS_RUNBOOK_HOME", str(tmp_path))
    return tmp_path


def guided(lab: Lab, place: Place = "fix", **asked: object) -> Guided:
    chosen = {"lang": "en", **asked}
    layers = [from_file(lab.params), {name: (value, "test") for name, value in chosen.items()}]
    return settled(Guided(layered(layers), place))


def settled(incident: Guided) -> Guided:
    """Without an event loop each end of work begins what follows from it; nothing is left to do then."""
    incident.wait()
    return incident


def text(widget: Any) -> str:
    """What a view shows, for a terminal."""
    outputs = getattr(widget, "outputs", None)
    if outputs is None:
        return "\n".join(filter(None, map(text, getattr(widget, "children", ()))))
    return "\n".join(output["data"]["text/plain"] for output in outputs)


def entries(home: Path) -> list[str]:
    folder = next(iter(home.glob("outputs/*/*/*/*/2*Z")))
    return [entry.kind for entry in journal.read(folder).entries]


def test_the_path_says_where_one_is_what_was_found_and_what_is_next(lab):
    incident = guided(lab, "diagnose")
    shown = text(incident.here())
    assert "2. Diagnose (you are here): 4 causes: Image tag not in the repository" in shown
    assert "3. Fix (next): nothing yet" in shown
    links = incident.onward().outputs[0]["data"]["text/html"]
    assert 'href="20_fix.ipynb"' in links


def test_every_section_waits_for_the_look_and_then_shows_what_the_headless_one_does(lab):
    incident = guided(lab, "diagnose")
    assert "Image tag not in the repository" in text(incident.causes())
    assert incident.causes() is incident.causes(), "a cell that runs again shows the same view"


def test_another_language_reads_nothing_again(lab):
    incident = guided(lab, "diagnose")
    causes = incident.causes()
    lab.forget_calls()
    incident._bar.language.value = "ko"
    assert "이미지 태그 없음" in text(causes)
    assert lab.calls() == []


def test_choices_are_asked_and_the_button_waits_for_them(lab, home):
    incident = guided(lab)
    incident.plan()
    button = incident._fix.approval.action.button
    settled(incident)
    assert (button.disabled, button.description) == (True, "Choose first")
    incident._fix.questions.all.click()
    settled(incident)
    assert (button.disabled, button.description) == (False, f"Apply 4 changes to {lab.scenario.service}")
    assert lab.changes() == []
    button.click()
    settled(incident)
    assert "4 changes applied" in text(incident.apply())
    assert [call["action"] for call in lab.changes()] == ["RegisterTaskDefinition", "UpdateService", "StopTask"]
    assert "4. Watch and verify (next)" in text(incident.onward())
    assert entries(home)[-1] == "applied"


def test_answers_are_given_one_by_one_and_change_the_plan(lab):
    incident = guided(lab)
    incident.plan()
    settled(incident)
    way = incident._fix.questions.list.children[0].children[1]
    way.value = "back"
    settled(incident)
    assert len(incident._fix.questions.list.children) == 1
    assert not incident._fix.approval.action.button.disabled


def test_every_suggestion_taken_twice_at_once_is_one_plan(lab, home):
    incident = guided(lab)
    incident.plan()
    settled(incident)
    incident._fix.questions.all.click()
    incident._fix.questions.all.click()
    assert not settled(incident)._fix.approval.action.button.disabled
    assert entries(home).count("plan") == 2, "the open one and the answered one"


def test_an_answer_of_ones_own_has_to_be_in_the_registry(lab):
    incident = guided(lab, suggested=True)
    incident.plan()
    settled(incident)
    own = incident._fix.questions.list.children[1].children[2]
    own.value = "no-such-tag"
    settled(incident)
    assert "no-such-tag" in text(incident.plan())
    assert incident._fix.approval.action.button.disabled, "the plan before it is not the one on the page"
    assert lab.changes() == []


def test_a_press_that_comes_too_late_is_told_and_changes_nothing(lab, home, boto):
    incident = guided(lab, suggested=True)
    incident.plan()
    settled(incident)
    names = {"cluster": lab.scenario.cluster, "service": lab.scenario.service}
    boto("ecs", lab.endpoint_url).update_service(**names, forceNewDeployment=True)
    lab.forget_calls()
    incident.undo()
    incident._fix.approval.action.button.click()
    settled(incident)
    assert "is out of date" in text(incident.apply())
    assert "is out of date" in text(incident.here())
    assert "look again, and approve the new plan" in text(incident.here())
    assert "is out of date" not in text(incident.undo()), "it is told where it was pressed"
    assert incident._fix.approval.action.button.disabled
    assert lab.changes() == []
    assert entries(home)[-1] == "problem"


def test_what_was_applied_can_be_taken_back_in_another_notebook(lab):
    first = guided(lab, suggested=True)
    first.plan()
    settled(first)._fix.approval.action.button.click()
    settled(first)
    second = guided(lab)
    second.undo()
    second._undo.ask.button.click()
    settled(second)
    assert "The causes come back" in text(second.undo())
    assert "Image tag not in the repository" in text(second.undo())
    assert second._undo.approval.action.button.description == f"Take back by 3 changes to {lab.scenario.service}"
    second._undo.approval.action.button.click()
    settled(second)
    assert "3 changes taken back" in text(second.undo()) or "Taken back" in text(second.undo())


def test_nothing_to_take_back_is_said(lab):
    incident = guided(lab)
    incident.undo()
    incident._undo.ask.button.click()
    settled(incident)
    assert "There is nothing on record to take back" in text(incident.undo())


@pytest.mark.parametrize("lab", ["healthy"], indirect=True)
def test_nothing_to_fix_has_a_button_that_cannot_be_pressed(lab):
    incident = guided(lab)
    incident.plan()
    settled(incident)
    assert "Nothing to fix" in text(incident.plan())
    assert incident._fix.approval.action.button.disabled


def test_stopping_between_two_changes_is_on_record_and_the_next_press_goes_on(lab, home):
    incident = guided(lab, suggested=True)
    incident.plan()
    settled(incident)
    desk, approval = incident._desk, incident._fix.approval
    tell = desk.tell

    def stop_after_the_first(what):
        tell(what)
        if len(approval.steps) == 1:
            desk.stop()

    desk.tell = stop_after_the_first
    approval.action.button.click()
    settled(incident)
    desk.tell = tell
    assert "Press again to go on" in text(incident.here())
    assert "Stopped" in text(incident.apply())
    assert "This did not work" not in text(incident.here())
    assert lab.changes() == []  # the first change edits a file
    assert approval.action.button.description == "Go on applying"
    approval.action.button.click()
    settled(incident)
    assert "4 changes applied" in text(incident.apply())


def test_watch_verify_and_report_lead_to_a_closed_incident_and_an_archived_report(lab, home):
    fix = guided(lab, suggested=True)
    fix.plan()
    settled(fix)._fix.approval.action.button.click()
    settled(fix)
    lab.advance(600)
    watch = guided(lab, "watch")
    watch.watch()
    settled(watch)
    assert "Completed" in text(watch.watch())
    watch.verify()
    watch._verifying.action.button.click()
    settled(watch)
    assert "Closed incident" in text(watch.verify()) or "closed" in text(watch.verify())
    assert "5. Postmortem (next)" in text(watch.onward())
    report = guided(lab, "postmortem")
    report.report()
    report._archiving.action.button.click()
    settled(report)
    links = report.report().children[1].outputs[0]["data"]["text/html"]
    assert "report.en.html" in links
    assert len(list(home.glob("outputs/*/*/*/*/2*Z/*/report.ko.html"))) == 1
    assert "Nothing is left to do" in text(report.onward())


def test_no_answer_is_one_sentence_in_the_page_and_looking_again_goes_on(lab):
    lab.faults([{"action": "DescribeServices", "error": "AccessDeniedException", "message": "no", "status": 400}])
    incident = guided(lab, "diagnose")
    assert "could not" in text(incident.here()).lower() or "unknown" in text(incident.overview()).lower()
    lab.faults([])
    incident._bar.again.click()
    settled(incident)
    assert "Image tag not in the repository" in text(incident.causes())


def test_a_service_that_is_not_there_is_told_and_nothing_else_pretends_to_know(lab):
    incident = guided(lab, "diagnose", service="momentir-cx-llm-servic")
    assert "momentir-cx-llm-service" in text(incident.here())
    assert "Nothing could be read" in text(incident.causes())
    assert "1. Start (next)" in text(incident.here())


def test_without_a_service_one_is_chosen_and_the_choice_is_remembered(lab, home):
    for name in ("one", "two"):
        file = lab.params.read_text(encoding="utf-8").replace(lab.scenario.service, f"{name}-service")
        (home / "parameters" / f"{name}.yaml").write_text(file, encoding="utf-8")
    (home / "parameters" / "broken.yaml").write_text("cluster: [", encoding="utf-8")
    (home / "parameters" / "lab.yaml").write_text(lab.params.read_text(encoding="utf-8"), encoding="utf-8")
    incident = Guided(layered([{"lang": ("en", "test")}]), "diagnose")
    assert "Choose a service" in text(incident.here())
    labels = [label for label, _ in incident._bar.service.options]
    assert [label.partition(" · ")[0] for label in labels[1:]] == [lab.scenario.service, "one-service", "two-service"]
    incident._bar.service.value = incident._desk.known[0].key
    settled(incident)
    assert "4 causes" in text(incident.here()) or "3 causes" in text(incident.here())
    again = settled(Guided(layered([{"lang": ("en", "test")}]), "fix"))
    assert again.parameters.service == lab.scenario.service
    again._bar.service.value = next(value for label, value in again._bar.service.options if "one-service" in label)
    settled(again)
    later = Guided(layered([{"lang": ("en", "test")}]), "fix")
    assert later.parameters.service == lab.scenario.service, "AWS has no service of the other name"


def test_the_newest_open_incident_is_preselected_with_its_parameters(lab, home):
    (home / "parameters" / "lab.yaml").write_text(lab.params.read_text(encoding="utf-8"), encoding="utf-8")
    settled(Guided(layered([{"lang": ("en", "test")}]), "diagnose"))
    (home / "outputs" / ".chosen.json").unlink(missing_ok=True)
    (home / "parameters" / "other.yaml").write_text("cluster: a\nservice: b\nregion: eu-west-1\n", encoding="utf-8")
    found = settled(Guided(layered([{"lang": ("en", "test")}]), "fix"))
    assert (found.parameters.service, found.parameters.credentials) == (lab.scenario.service, "lab")
    assert "incident, " in {key: label for label, key in found._bar.service.options}[found._desk.chosen.key]


def test_nothing_is_kept_in_the_kernel_that_the_journal_does_not_hold(lab, home):
    settled(guided(lab, suggested=True))
    record = json.loads(next(iter(home.glob("outputs/*/*/*/*/2*Z/journal/*-look-*.json"))).read_text(encoding="utf-8"))
    assert record["by"] == "20_fix"


def test_a_look_that_cannot_read_the_service_opens_nothing_and_joins_what_is_open(lab, home):
    lab.faults([{"action": "DescribeServices", "error": "AccessDeniedException", "message": "no", "status": 400}])
    incident = guided(lab)
    incident.plan()
    settled(incident)
    assert list(home.glob("outputs/*/*/*/*/2*Z")) == []
    assert "The service could not be read" in text(incident.plan())
    assert incident._fix.approval.action.button.layout.display == "none"
    lab.faults([])
    incident._bar.again.click()
    settled(incident)
    lab.faults([{"action": "DescribeServices", "error": "AccessDeniedException", "message": "no", "status": 400}])
    incident._bar.again.click()
    settled(incident)
    assert len(list(home.glob("outputs/*/*/*/*/2*Z"))) == 1


def test_an_apply_that_was_killed_goes_on_in_another_kernel(lab, home):
    first = guided(lab, suggested=True)
    first.plan()
    settled(first)
    approval = first._fix.approval
    tell = first._desk.tell

    def stop_after_the_second(what):
        tell(what)
        if len(approval.steps) == 2:
            first._desk.stop()

    first._desk.tell = stop_after_the_second
    approval.action.button.click()
    settled(first)
    with only_one(next(iter(home.glob("outputs/*/*/*/*"))) / ".applying"):
        meanwhile = guided(lab)
        meanwhile.plan()
        assert "is being applied elsewhere" in text(settled(meanwhile).plan())
    second = guided(lab)
    second.plan()
    settled(second)
    assert "was cut short" in text(second.plan())
    assert "the last healthy target" in text(second.plan()), "what is left stops it"
    assert text(second.plan()).count("done · ") == 2
    button = second._fix.approval.action.button
    assert (button.description, button.disabled) == ("Go on applying", False)
    button.click()
    settled(second)
    assert "4 changes applied" in text(second.apply())
    assert [call["action"] for call in lab.changes()] == ["RegisterTaskDefinition", "UpdateService", "StopTask"]


def test_an_apply_that_failed_halfway_goes_on_in_another_kernel_with_its_reason(lab, home):
    first = guided(lab, suggested=True)
    first.plan()
    settled(first)
    lab.faults([{"preset": "access-denied", "service": "ecs", "action": "UpdateService"}])
    first._fix.approval.action.button.click()
    settled(first)
    second = guided(lab)
    second.plan()
    settled(second)
    assert "policy that is needed" in text(second.plan())
    assert text(second.plan()).count("done · ") == 2
    button = second._fix.approval.action.button
    assert (button.description, button.disabled) == ("Go on applying", False)
    button.click()
    settled(second)
    second._bar.again.click()
    settled(second)
    assert "was cut short" not in text(second.plan())  # what failed here again is planned anew
    lab.faults([])
    third = guided(lab)
    third.plan()
    settled(third)
    third._fix.approval.action.button.click()
    settled(third)
    assert "4 changes applied" in text(third.apply())


def test_the_language_that_was_switched_to_is_that_of_the_next_notebook(lab):
    guided(lab, "diagnose")._bar.language.value = "ko"
    assert "지금 여기" in text(guided(lab, "fix").here())


def test_a_way_back_that_nobody_approved_is_no_plan_of_the_path(lab):
    first = guided(lab, suggested=True)
    first.plan()
    settled(first)._fix.approval.action.button.click()
    settled(first)
    second = guided(lab)
    second.undo()
    second._undo.ask.button.click()
    settled(second)
    assert "applied (" in text(second.here())
    assert "waits for approval" not in text(second.here())
    second._undo.approval.action.button.click()
    settled(second)
    assert "taken back by plan" in text(second.here())


def test_opened_again_after_an_apply_it_shows_what_was_applied(lab):
    first = guided(lab, suggested=True)
    first.plan()
    settled(first)._fix.approval.action.button.click()
    settled(first)
    digest = first._fix.approval.done.plan.digest
    lab.advance(20)
    second = guided(lab)
    second.plan()
    shown = text(settled(second).plan())
    assert f"Plan {digest}" in shown
    assert shown.count("done · ") == 4
    assert "Could not check" not in shown
    assert "4 causes found: Image tag not in the repository" in text(second.here())
    second._bar.language.value = "ko"
    assert "지금은 더 적용할 변경이 없습니다" in text(second.plan()).replace("\n", " ")
    assert second._fix.approval.action.button.disabled
