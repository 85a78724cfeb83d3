"""The section of what changed: a table in both languages, or why there is none; no change is called the cause."""

import json
from dataclasses import replace

import pytest

from runbook_lib.diagnosis.engine import judge
from runbook_lib.report import sections
from runbook_lib.report.blocks import Table
from runbook_lib.report.context import Context
from runbook_lib.report.machine import as_json
from runbook_lib.report.page import html
from runbook_lib.report.sections.changed import MOST_BRIEFLY, MOST_CHANGES, briefly
from tests.diagnosis import builder as made
from tests.diagnosis.comparing import compared, completed, incident, setting, settings
from tests.report import sample
from tests.report.page_parser import parse

LANGUAGES = pytest.mark.parametrize("lang", ["ko", "en"])


def section(evidence, lang="en"):
    return sections.what_changed(judge(evidence), evidence, Context(lang))


def table(evidence):
    [found] = [block for block in section(evidence).blocks if isinstance(block, Table)]
    return found


def rows(evidence):
    return [[cell.text for cell in row] for row in table(evidence).rows]


def test_each_change_has_its_rank_place_field_and_both_values():
    found = [row[:5] for row in rows(sample.guide())]
    assert found[0] == ["1", "`app`", "`image.tag`", f"`{sample.OLDER[0]}`", "`latest`"]
    assert found[-1][1:] == [
        "Service",
        "`networkConfiguration.awsvpcConfiguration.assignPublicIp`",
        "`ENABLED`",
        "`DISABLED`",
    ]
    assert [row[0] for row in found] == [str(number) for number in range(1, len(found) + 1)]


def test_the_causes_and_symptoms_that_a_field_can_have_to_do_with_are_named():
    first, *_, last = rows(sample.guide())
    assert "Image tag not in the repository" in first[5]
    assert last[5] == "–"


@LANGUAGES
def test_both_revisions_are_named_with_their_times(lang):
    shown = section(sample.guide(), lang).text
    for part in ("momentir-cx-llm:1", "momentir-cx-llm:3", "15:21:36", "16:11:03", sample.FIRST, sample.THIRD):
        assert part in shown


@LANGUAGES
def test_a_change_is_not_called_the_cause(lang):
    words = {"ko": "바뀐 항목이 원인이라는 뜻은 아닙니다", "en": "It does not say that a change is the cause"}
    assert words[lang] in section(sample.guide(), lang).text.replace("\n", " ")
    assert words[lang] not in section(incident(made.definition(1, made.container(tag="latest"))), lang).text


def test_what_masked_values_hide_is_said():
    assert "does not show in: environment." in section(sample.guide()).text


def test_the_commands_show_both_task_definitions():
    shown = section(sample.guide()).text
    for revision in (1, 3):
        assert f"--task-definition momentir-cx-llm:{revision}" in shown


def test_task_and_service_are_told_from_containers():
    places = {row[2].strip("`").partition(".")[0]: row[1] for row in rows(sample.guide())}
    assert (places["memory"], places["networkConfiguration"], places["image"]) == ("Task", "Service", "`app`")


def in_part(container):
    """Revision 1 still listed, so that it is read, and DescribeServiceRevisions refused."""
    done = made.deployment(1, 90, rolloutState="COMPLETED", status="ACTIVE", runningCount=1)
    definitions = [made.definition(3), made.definition(1, container)]
    evidence = made.guide(described=made.service(made.deployment(3, 18), done), definitions=definitions)
    return replace(evidence, unreads=(made.unread("service_revisions"),))


EMPTY = {
    "the same settings": (incident(made.definition(1, made.container(tag="latest"))), "same settings"),
    "the same task definition, and no more read": (in_part(made.container()), "have the same task definition"),
    "none completed": (made.guide(briefs=[made.brief(3, "IN_PROGRESS", 10)]), "no deployment completed before this"),
    "nothing failed": (sample.healthy(), "no deployment has failed"),
    "refused": (
        replace(made.guide(), unreads=(made.unread("service_revisions"),)),
        "the permission ecs:DescribeServiceRevisions is missing",
    ),
    "not asked": (made.guide(more=(settings(),)), "was not asked for"),
    "history refused": (made.without(made.guide(), "service_deployments"), "ecs:ListServiceDeployments is missing"),
    "service refused": (sample.denied("service"), "ecs:DescribeServices is missing"),
}


@pytest.mark.parametrize(("evidence", "words"), EMPTY.values(), ids=EMPTY)
def test_an_empty_section_says_why(evidence, words):
    assert words in " ".join(section(evidence).text.split())
    assert not [block for block in section(evidence, "ko").blocks if isinstance(block, Table)]


def test_that_the_services_own_settings_were_not_compared_is_said():
    evidence = in_part(made.container(tag="5d0a1c7"))
    shown = " ".join(section(evidence).text.split())
    assert "The service's own settings (network, load balancers, capacity) could not be compared." in shown
    assert "ecs:DescribeServiceRevisions is missing" in shown


def test_many_changes_are_cut_with_a_note_of_how_many_more():
    old = completed() | {f"field{number}": "1" for number in range(MOST_CHANGES + 10)}
    evidence = incident(old)
    assert len(rows(evidence)) == MOST_CHANGES
    assert "11 more fields changed" in section(evidence).text


def test_many_names_in_one_cell_are_cut_too():
    names = [{"name": f"NAME_{number}", "value": "***"} for number in range(30)]
    evidence = incident(completed(environment=names))
    [row] = [row for row in table(evidence).rows if row[2].text == "`environment`"]
    assert row[3].text.count("NAME_") == 8
    assert row[3].note == "22 more"


def test_a_terminal_gets_the_first_changes_alone():
    old = completed() | {f"field{number}": "1" for number in range(10)}
    evidence = incident(old)
    shown = briefly(judge(evidence), evidence, Context("en")).text
    assert len([line for line in shown.splitlines() if "field" in line or "image.tag" in line]) >= MOST_BRIEFLY
    assert "6 more fields changed" in shown
    assert "aws ecs" not in shown


def test_a_terminal_gets_nothing_where_nothing_failed_or_changed():
    for evidence in (sample.healthy(), incident(made.definition(1, made.container(tag="latest"))), made.guide()):
        assert briefly(judge(evidence), evidence, Context("en")) is None


@LANGUAGES
def test_the_report_has_it_below_the_causes(lang):
    title = {"ko": "바뀐 설정", "en": "What changed"}[lang]
    for evidence, there in ((sample.guide(), True), (sample.healthy(), False)):
        found = parse(html(judge(evidence), evidence, Context(lang)))
        assert (title in [text.strip() for tag, text in found.texts if tag == "h3"]) is there


def test_machines_get_the_changes_and_between_what():
    evidence = sample.guide()
    found = json.loads(json.dumps(as_json(judge(evidence), evidence)))
    first = found["changes"][0]
    assert found["schema"] == 1
    assert {k: first[k] for k in ("scope", "container", "field", "before", "after", "rank")} == {
        "scope": "container",
        "container": "app",
        "field": "image.tag",
        "before": [sample.OLDER[0]],
        "after": ["latest"],
        "rank": 1,
    }
    assert first["labels"][0] == "image-not-found"
    assert found["compared"]["before"] == {
        "task_definition": sample.definition(1),
        "service_revision": sample.FIRST,
        "at": "2026-11-23T06:21:36.128000+00:00",
        "rolled_back": False,
    }
    assert found["compared"]["hidden"] == [{"container": "app", "field": "environment"}]


def test_machines_are_told_why_nothing_was_compared():
    evidence = made.guide(briefs=[made.brief(3, "IN_PROGRESS", 10)])
    found = as_json(judge(evidence), evidence)
    assert (found["changes"], found["compared"]["missing"], found["compared"]["before"]) == ([], "no-completed", None)


def test_values_of_others_stay_text():
    hostile = "<script>x</script> `b` \x1b[31m"
    evidence = incident(completed(user=hostile), settings(setting(1), setting(3, platformVersion=hostile)))
    shown = section(evidence)
    assert "<script>" not in shown.html
    assert "\x1b" not in shown.text
    assert compared(completed()).request.kind == "compared_definition"
