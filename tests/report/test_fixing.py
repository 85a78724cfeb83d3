"""Plans and what became of them, in both languages: every kind of change, choices, what is by hand, outcomes."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import botocore.session
import pytest

from runbook_lib.applying import Applied, Step
from runbook_lib.diagnosis.engine import judge
from runbook_lib.diagnosis.state import State
from runbook_lib.evidence.model import Evidence, Target
from runbook_lib.plan import planner
from runbook_lib.plan.definitions import ACCEPTED
from runbook_lib.plan.edits import Edit
from runbook_lib.plan.model import Change, Choice, Kind, Option, Plan
from runbook_lib.plan.situation import Wishes
from runbook_lib.report import plan_commands, plan_words
from runbook_lib.report.blocks import Difference, Shell, walk
from runbook_lib.report.commands import CommandOptions
from runbook_lib.report.context import Context
from runbook_lib.report.plain import WIDTH, columns
from runbook_lib.report.plan_edits import differences, jq_program
from runbook_lib.report.render import Section
from runbook_lib.report.sections.applied import applied_section
from runbook_lib.report.sections.fixing import Asking, plan_section, standing
from tests.report import sample
from tests.report.page_parser import parse

EVIDENCE = sample.guide()
DIAGNOSIS = judge(EVIDENCE)
OPTIONS = CommandOptions(endpoint_url="http://127.0.0.1:5599", profile="on call")
AIM = ["--region", sample.REGION, "--profile", "on call", "--endpoint-url", "http://127.0.0.1:5599"]
AGAIN = ("--params", "parameters/my service.yaml")
LANGUAGES = pytest.mark.parametrize("lang", ["ko", "en"])
REVISION, TASK = sample.definition(3), "7deb3a094a850b7d217c069f843ed0cc"
SERVICE = {"cluster": sample.CLUSTER, "service": sample.SERVICE, "deployment": "ecs-svc/1"}
RULES = ("image_tag_absent",)
PATH = "aws/task-definition.json"
IMAGE = Edit("set", "/containerDefinitions/0/image", f"{sample.REPOSITORY}:{sample.TAG}")
NETWORK = {"awsvpcConfiguration": {"subnets": ["subnet-1"], "assignPublicIp": "ENABLED"}}
# One change of every kind.
CHANGES: dict[Kind, Change] = {
    "edit-file": Change("edit-file", "edit-file", RULES, {"path": PATH, "sha256": "c1" * 32}, (IMAGE,)),
    "create-log-group": Change(
        "create-log-group:/a", "create-log-group", RULES, {"log_group": "/ecs/a", "region": "r"}
    ),
    "modify-target-group": Change(
        "modify-target-group:tg",
        "modify-target-group",
        RULES,
        {"target_group_arn": sample.GROUP, "target_group": "tg"},
        (),
        {"HealthCheckPath": "/"},
        {"HealthCheckPath": "/health"},
        "checks",
    ),
    "register": Change(
        "register", "register", RULES, {"family": sample.FAMILY, "roles": (), "base": REVISION}, (IMAGE,)
    ),
    "update-service": Change(
        "update-service",
        "update-service",
        RULES,
        SERVICE,
        (),
        {"taskDefinition": REVISION, "desiredCount": 0, "networkConfiguration": None},
        {"taskDefinition": "", "forceNewDeployment": True, "desiredCount": 2, "networkConfiguration": NETWORK},
        "rollout",
    ),
    "roll-back": Change(
        "roll-back",
        "roll-back",
        RULES,
        {"service_deployment": f"{sample.ECS}:service-deployment/c/s/x", **SERVICE},
        (),
        {"taskDefinition": REVISION},
        {"taskDefinition": sample.definition(1)},
        "rollout",
    ),
    "stop-task": Change(
        f"stop-task:{TASK}",
        "stop-task",
        RULES,
        {"cluster": sample.CLUSTER, "task": TASK},
        (),
        {"taskDefinition": f"{sample.FAMILY}:2", "healthStatus": "UNHEALTHY"},
        {"reason": planner.STOP_REASON},
        "interrupts",
    ),
    "deregister": Change(
        "deregister", "deregister", RULES, {"family": sample.FAMILY, "revision": sample.definition(4)}
    ),
    "restore-file": Change(
        "restore-file", "restore-file", RULES, {"path": PATH, "backup": f"{PATH}.x.bak", "sha256": ""}
    ),
}
WHOLE = Plan(
    Target(sample.CLUSTER, sample.SERVICE, sample.REGION, sample.ACCOUNT),
    {"revision": REVISION},
    tuple(CHANGES.values()),
)
SUGGESTED = planner.make(DIAGNOSIS, EVIDENCE, Wishes(suggested=True))
OPEN = planner.make(DIAGNOSIS, EVIDENCE, Wishes())
# The members of a task definition as DescribeTaskDefinition answers, by botocore's own model.
DESCRIBED = botocore.session.get_session().get_service_model("ecs").shape_for("TaskDefinition").members
UNDO = replace(WHOLE, kind="undo", base={"revision": REVISION, "undoes": "0123456789ab"})
STEPS = (
    Step(WHOLE.changes[0], "done", {"path": PATH, "backup": f"{PATH}.x.bak"}),
    Step(WHOLE.changes[1], "already"),
    Step(WHOLE.changes[2], "done", {"HealthCheckPath": "/health", "request_id": "r-1"}),
)
REFUSED = {"operation": "ecs:RegisterTaskDefinition", "reason": "refused", "code": "ClientException", "message": "Bad."}


def context(lang: str) -> Context:
    return Context(lang, commands=OPTIONS)


def section(plan: Plan, lang: str = "en", evidence: Evidence = EVIDENCE, **asking: Any) -> Section:
    asked = Asking(**{"again": AGAIN, **asking})
    return plan_section(plan, judge(evidence), evidence, context(lang), asked)


def shells(found: Section) -> list[str]:
    return [block.said for block in walk(found.blocks) if isinstance(block, Shell)]


def argv(command: str) -> list[str]:
    return shlex.split(command.replace("\\\n", " "))


def by_hand(rule: str) -> Plan:
    return replace(OPEN, changes=(), choices=(), by_hand=(rule,))


EVERY_PLAN = pytest.mark.parametrize(
    "plan",
    [WHOLE, SUGGESTED, OPEN, UNDO, by_hand("image_tag_absent"), replace(OPEN, changes=(), choices=(), by_hand=())],
    ids=["every kind", "suggested", "open", "undo", "by hand", "nothing"],
)


def test_every_kind_of_change_is_here():
    assert set(CHANGES) == set(get_args(Kind))


@EVERY_PLAN
@LANGUAGES
def test_a_plan_shows_itself_in_a_notebook_and_in_a_terminal(plan, lang):
    shown = section(plan, lang)
    found = parse(shown.html)
    assert (found.unbalanced, found.open, found.all("script")) == ([], [], [])
    wide = [line for line in shown.text.splitlines() if columns(line) > WIDTH]
    assert [line for line in wide if not re.search(r"--|\.json|jq|del\(|arn:| = ", line)] == []
    assert not re.search(r"\{\w+\}|`", shown.text.replace("{GroupId", ""))
    assert "<" not in shown.text


@EVERY_PLAN
def test_no_word_of_the_other_language(plan):
    assert not re.search("[가-힣]", section(plan, "en").text)


@pytest.mark.parametrize("kind", get_args(Kind))
def test_a_change_has_its_command_aimed_where_we_looked(kind):
    words = argv(plan_commands.command(CHANGES[kind], WHOLE, EVIDENCE, context("en")))
    ends = [at for at, word in enumerate([*words, "|"]) if word in ("|", "aws") and at] if "aws" in words else []
    assert [words[at - 6 : at] for at in ends if words[at - 1] != "task-definition.json"] == [AIM] * words.count("aws")


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("create-log-group", ["logs", "create-log-group", "--log-group-name", "/ecs/a"]),
        (
            "modify-target-group",
            ["elbv2", "modify-target-group", "--target-group-arn", sample.GROUP, "--health-check-path", "/health"],
        ),
        (
            "update-service",
            [
                *("ecs", "update-service", "--cluster", sample.CLUSTER, "--service", sample.SERVICE),
                *("--task-definition", sample.FAMILY, "--desired-count", "2"),
                *("--network-configuration", json.dumps(NETWORK, separators=(",", ":")), "--force-new-deployment"),
            ],
        ),
        (
            "stop-task",
            ["ecs", "stop-task", "--cluster", sample.CLUSTER, "--task", TASK, "--reason", planner.STOP_REASON],
        ),
        ("deregister", ["ecs", "deregister-task-definition", "--task-definition", f"{sample.FAMILY}:4"]),
    ],
)
def test_a_command_says_what_the_change_does(kind, words):
    assert argv(plan_commands.command(CHANGES[kind], WHOLE, EVIDENCE, context("en")))[1:-6] == words


def test_the_jq_program_drops_what_ecs_adds_and_makes_the_edits():
    edits = (
        Edit("set", "/containerDefinitions/0/image", 'it\'s "b" 한'),
        Edit("append", "/containerDefinitions/0/environment", {"name": "B"}),
        Edit("set", "/a~1b", [1]),
        Edit("remove", "/containerDefinitions/0/environment/0"),
    )
    dropped, *filters = jq_program(edits).split("\n    | ")
    assert set(re.findall(r"\.(\w+)", dropped)) == {name for name in DESCRIBED if name not in ACCEPTED}
    assert filters == [
        '.containerDefinitions[0].image = "it\\u0027s \\"b\\" \\ud55c"',
        '.containerDefinitions[0].environment += [{"name": "B"}]',
        '.["a/b"] = [1]',
        "del(.containerDefinitions[0].environment[0])",
    ]


def test_the_jq_program_can_stand_in_single_quotes():
    assert "'" not in jq_program((Edit("set", "/it's", "it's"),))


def test_differences_go_down_to_what_differs():
    document = {"a": {"same": 1, "list": ["x", "y"]}, "gone": {"name": "N", "value": "***"}}
    edits = (
        Edit("set", "/a", {"same": 1, "list": ["x", "z"], "new": True}),
        Edit("append", "/a/list", "w"),
        Edit("remove", "/gone"),
    )
    assert [(d.pointer, d.before, d.after) for d in differences(document, edits)] == [
        ("/a/list/1", "y", "z"),
        ("/a/new", None, "true"),
        ("/a/list/2", None, "w"),
        ("/gone", '{"name": "N", "value": "***"}', None),
    ]


@LANGUAGES
def test_the_digest_comes_first_with_the_command_that_approves(lang):
    shown = section(WHOLE, lang)
    assert argv(shells(shown)[0]) == ["ecs-runbook", "fix", "apply", "--approve", WHOLE.digest, *AGAIN]
    assert shown.text.index(WHOLE.digest) < shown.text.index("1. ")


def test_an_undo_is_approved_as_one():
    assert argv(shells(section(UNDO))[0])[1:4] == ["fix", "undo", "--approve"]
    assert "0123456789ab" in section(UNDO).text


def test_a_plan_that_is_not_recorded_cannot_be_approved():
    assert "--approve" not in section(WHOLE, recorded=False).text


@LANGUAGES
def test_open_choices_are_asked_with_what_is_known_and_how_to_answer(lang):
    shown = section(OPEN, lang, wishes=("--order", "guide"))
    assert OPEN.open
    for choice in OPEN.open:
        assert plan_words.question(choice, lang) in shown.text
        for option in choice.options:
            assert option.value[:30] in shown.text
    suggested, each = (argv(command) for command in shells(shown)[:2])
    assert suggested == ["ecs-runbook", "fix", "plan", "--suggested", "--order", "guide", *AGAIN]
    given = [word for word in each if "=" in word]
    assert given == [f"{choice.id}={choice.suggested}" for choice in OPEN.choices]
    assert "--approve" not in shown.text


@LANGUAGES
@pytest.mark.parametrize("name", ["way", "image", "side", "health_path", "architecture", "desired_count"])
def test_every_choice_has_its_words(name, lang):
    options = {"way": ("forward", "back"), "side": ("container", "target_group"), "architecture": ("ARM64", "rebuild")}
    offered = tuple(Option(value) for value in options.get(name, ("1", "0")))
    choice = Choice(name, "image_tag_absent", offered, suggested=offered[0].value, free=True)
    assert plan_words.question(choice, lang) != f"`{name}`"
    assert plan_words.suggestion(choice, lang)
    assert plan_words.example(choice, lang)
    if name != "image":
        assert all(plan_words.means(choice, option, lang) for option in offered)


def test_a_choice_without_a_suggestion_is_answered_with_an_example():
    asked = replace(OPEN, choices=(Choice("health_path", "health_check_code", (), free=True),))
    [only] = [argv(command) for command in shells(section(asked)) if command.startswith("ecs-runbook")]
    assert "health_path=/PATH" in only


@LANGUAGES
def test_what_only_a_person_can_do_comes_with_its_steps(lang):
    shown = section(by_hand("image_tag_absent"), lang)
    assert standing(by_hand("image_tag_absent"), DIAGNOSIS) == "by_hand"
    assert "aws ecr describe-images" in shown.text


def test_nothing_to_fix_is_said():
    healthy = replace(OPEN, changes=(), choices=(), by_hand=())
    calm = replace(DIAGNOSIS, verdicts=(), state=State.HEALTHY)
    assert standing(healthy, calm) == "nothing"
    assert standing(healthy, DIAGNOSIS) == "unexplained"
    assert standing(replace(healthy, kind="undo"), DIAGNOSIS) == "undone"


def test_a_file_shows_its_patch_without_names_and_a_revision_its_pointers():
    patch = "--- a\n+++ a\n@@ -1,2 +1,2 @@\n {\n-    1\n+    2\n"
    found = [b for b in walk(section(WHOLE, patches={"edit-file": patch}).blocks) if isinstance(b, Difference)]
    assert [(line.side, line.said) for line in found[1].lines] == [
        ("place", "@@ -1,2 +1,2 @@"),
        ("same", "{"),
        ("before", "    1"),
        ("after", "    2"),
    ]
    assert any(line.said == "/containerDefinitions/0/image" for block in found for line in block.lines)


def test_no_value_of_an_environment_variable_is_shown():
    edits = (Edit("remove", "/containerDefinitions/0/environment/0"),)
    plan = replace(WHOLE, changes=(replace(CHANGES["register"], edits=edits),))
    shown = section(plan).text
    assert "/environment/" in shown
    assert "true" not in shown.partition("/environment/")[2].splitlines()[1]


@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        (["register", "update-service", "stop-task"], "The guide stops tasks first."),
        (["stop-task", "register", "update-service"], "This is the guide's order"),
        (["register", "update-service"], "Each change needs those before it."),
    ],
)
def test_the_order_is_explained(kinds, said):
    assert said in " ".join(section(replace(WHOLE, changes=tuple(CHANGES[kind] for kind in kinds))).text.split())


# What became of it


def done(*steps: Step, plan: Plan = WHOLE) -> Applied:
    return Applied(plan, steps, Path("20261126T000000Z"))


def outcome(found: Applied, lang: str = "en") -> Section:
    return applied_section(found, context(lang), AGAIN)


@LANGUAGES
def test_each_step_has_its_outcome_and_what_was_read_back(lang):
    shown = outcome(done(*STEPS), lang).text
    for words in ("backup" if lang == "en" else "백업", "/health", "r-1", plan_words.outcome("already", lang)):
        assert words in shown
    assert plan_words.outcome("left", lang) in shown


@LANGUAGES
@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("failed", REFUSED),
        ("failed", {**REFUSED, "reason": "access-denied"}),
        ("failed", {**REFUSED, "reason": "time-out"}),
        ("failed", {"code": "not-seen"}),
        ("failed", {"path": PATH}),
        ("failed", {"code": "file-unwritable", "file": PATH, "problem": "read-only"}),
        ("stale", {"deployment": "ecs-svc/2"}),
        ("gone", {"service": "s"}),
        ("unread", REFUSED),
    ],
)
def test_a_failure_says_where_it_stopped_why_and_what_to_do(name, facts, lang):
    shown = outcome(done(*STEPS, Step(WHOLE.changes[3], name, facts)), lang)
    told = plan_words.problem(name, facts, lang).replace("`", "")
    assert told.replace(" ", "") in "".join(shown.text.split())
    assert str(facts.get("message", "")) in shown.text
    again = ["plan"] if name in ("stale", "gone") else ["apply", "--approve", WHOLE.digest]
    commands = [argv(command) for command in shells(shown)]
    assert commands == [
        ["ecs-runbook", "fix", *again, *AGAIN],
        ["ecs-runbook", "fix", "undo", "--plan", WHOLE.digest, *AGAIN],
    ]


def test_all_applied_says_how_to_follow_and_to_take_back():
    short = replace(WHOLE, changes=WHOLE.changes[:3])
    assert [argv(c)[1:-2] for c in shells(outcome(done(*STEPS, plan=short)))] == [["watch"], ["fix", "undo"]]
    back = replace(short, kind="undo", base={"undoes": "0123456789ab"})
    assert [argv(c)[1:-2] for c in shells(outcome(done(*STEPS, plan=back)))] == [["watch"]]
