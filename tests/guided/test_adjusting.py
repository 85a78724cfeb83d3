"""Parameters of a notebook in a form: filled with what counts now, checked, taken for this notebook alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runbook_lib.evidence import serialisation
from runbook_lib.guided.adjusting import FIELDS, Adjusting
from runbook_lib.guided.desk import Desk
from runbook_lib.parameters import Parameters, from_file
from runbook_lib.report.sections.trail import NOTEBOOKS
from tests.contract.source import ROOT
from tests.report import sample

# What a notebook's cell holds and something else than the form says.
ELSEWHERE = {"cluster", "service", "region", "endpoint_url", "credentials", "evidence", "outputs", "lang", "mode"}
ANSWERS = {"choose", "suggested", "approve"}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with saved evidence of two services."""
    monkeypatch.setenv("ECS_RUNBOOK_HOME", str(tmp_path))
    guide = sample.guide()
    for name in (sample.SERVICE, "other-service"):
        evidence = replace(guide, target=replace(guide.target, service=name))
        (tmp_path / f"{name}.json").write_text(serialisation.dumps(evidence), encoding="utf-8")
    return tmp_path


Opened = Callable[..., tuple[Desk, Adjusting]]


@pytest.fixture
def opened(home: Path) -> Opened:
    """The desk of a notebook and its form, once the service has been read."""

    def of(place: Any = "diagnose", **given: Any) -> tuple[Desk, Adjusting]:
        parameters = Parameters(evidence=f"{sample.SERVICE}.json", outputs=str(home / "outputs"), **given)
        desk = Desk(parameters, "en", place)
        adjusting = Adjusting(desk)
        desk.read()
        desk.wait()
        return desk, adjusting

    return of


def fields(one: Adjusting) -> dict[str, Any]:
    """What each field holds."""
    return {name: row.input.value for name, row in one.form._rows.items()}


def fill(one: Adjusting, **values: Any) -> None:
    """Types into fields and presses the button."""
    for name, value in values.items():
        one.form._rows[name].input.value = value
    one.form.apply.click()
    one._desk.wait()


def below(one: Adjusting, name: str) -> str:
    """What is said to be wrong with a field."""
    return str(one.form._rows[name]._wrong.value)


@pytest.mark.parametrize("place", [place for place in FIELDS if place])
def test_every_parameter_of_the_cell_is_in_the_form_or_has_its_own_widget(place):
    notebook = json.loads((ROOT / "notebooks" / NOTEBOOKS[place]).read_text(encoding="utf-8"))
    cell = next(c for c in notebook["cells"] if "parameters" in c["metadata"].get("tags", ()))
    names: dict[str, Any] = {}
    exec("".join(cell["source"]), names)
    assert set(FIELDS[place]) == set(names) - {"__builtins__"} - ELSEWHERE - ANSWERS


def test_fields_hold_the_parameters_of_now(opened):
    _, one = opened("fix", stuck_after=30, check_permissions=False, order="guide")
    found = fields(one)
    assert (found["stuck_after"], found["check_permissions"], found["order"]) == ("30", False, "guide")
    assert (found["desired_count"], found["timezone"]) == ("", "Asia/Seoul")


def test_what_is_applied_counts_and_is_read_with(opened):
    desk, one = opened()
    before = desk.seen
    fill(one, stuck_after="45", timezone="UTC", verify_certificate=True)
    assert (desk.given.stuck_after, desk.given.timezone, desk.given.verify_certificate) == (45, "UTC", True)
    assert desk.context.timezone == "UTC"
    assert desk.seen is not before


def test_it_goes_on_counting_after_another_look(opened):
    desk, one = opened()
    fill(one, timezone="UTC")
    desk.read()
    desk.wait()
    assert desk.given.timezone == "UTC"


def test_an_emptied_field_is_the_default_again(opened):
    desk, one = opened(stuck_after=30)
    fill(one, stuck_after="")
    assert (desk.given.stuck_after, fields(one)["stuck_after"]) == (15, "15")


WRONG = {
    "stuck_after": ("soon", "minutes from 1 to 1440"),
    "timezone": ("Mars/Base", "an IANA time zone such as"),
    "connect_to": ("nowhere", ""),
    "verify_expect": ("ok", ""),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_value_is_named_below_its_field_and_not_taken(opened, name):
    desk, one = opened()
    before, seen = desk.given, desk.seen
    fill(one, **{name: WRONG[name][0], "deadline": "30"})
    assert f"<code>{name}</code>" in below(one, name)
    assert WRONG[name][1] in below(one, name)
    assert below(one, "deadline") == ""
    assert (desk.given, desk.seen) == (before, seen)
    assert fields(one)[name] == WRONG[name][0]  # to be mended where it stands


def test_a_mended_value_is_no_longer_wrong(opened):
    desk, one = opened()
    fill(one, stuck_after="soon")
    fill(one, stuck_after="20")
    assert (below(one, "stuck_after"), desk.given.stuck_after) == ("", 20)


def test_what_is_typed_stays_while_others_look_again(opened):
    desk, one = opened()
    one.form._rows["verify_path"].input.value = "/hea"
    desk.speak("ko")
    desk.read()
    desk.wait()
    assert fields(one)["verify_path"] == "/hea"


def test_the_form_speaks_the_language_of_now(opened):
    desk, one = opened()
    fill(one, stuck_after="soon")
    desk.speak("ko")
    assert one.form.toggle.description == "파라미터 열기"
    assert one.form._rows["stuck_after"].input.description == "멈춤 기준 (분)"
    assert "사이의 분" in below(one, "stuck_after")
    assert "(form)" not in below(one, "stuck_after")


def test_the_fields_follow_the_service(home, opened):
    (home / "parameters").mkdir()
    other = home / "parameters" / "other.yaml"
    other.write_text("cluster: c\nservice: other-service\nevidence: other-service.json\nstuck_after: 40\n")
    desk, one = opened()
    fill(one, verify_path="/ping", timezone="UTC")
    first = desk.chosen.key
    desk.choose(next(known.key for known in desk.known if known.key != first))
    desk.wait()
    assert (fields(one)["stuck_after"], fields(one)["verify_path"]) == ("40", "")
    desk.choose(first)
    desk.wait()
    assert fields(one)["verify_path"] == "/ping"
    assert {name: value for name, (value, _) in from_file(other).items()}["stuck_after"] == 40  # files stay as they are


def test_nothing_is_applied_while_something_is_under_way(opened):
    desk, one = opened()
    desk.working = "apply"
    desk.changed()
    assert one.form.apply.disabled
    desk.adjust({"stuck_after": 99})
    assert desk.given.stuck_after == 15


def test_it_is_closed_at_first_and_its_button_says_what_it_does(opened):
    _, one = opened()
    states = []
    for _ in range(3):
        states.append((one.form.toggle.description, one.form.inside.layout.display))
        one.form.toggle.click()
    opens, closes = ("Open the parameters", "none"), ("Close the parameters", None)
    assert states == [opens, closes, opens]
