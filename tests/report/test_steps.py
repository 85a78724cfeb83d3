"""Fix steps are exact, aim at the service that was looked at, and deploy once."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from importlib import import_module
from itertools import pairwise

import pytest
import yaml

from runbook_lib import text
from runbook_lib.diagnosis.engine import judge
from runbook_lib.diagnosis.model import Verdict
from runbook_lib.diagnosis.rules import RULES
from runbook_lib.evidence.model import Evidence, Target
from runbook_lib.report import sections, steps, words
from runbook_lib.report.blocks import Card, Fact, Facts, Step, walk
from runbook_lib.report.commands import CommandOptions
from runbook_lib.report.context import Context
from tests.contract.source import ROOT
from tests.diagnosis import builder as made
from tests.diagnosis.rules import test_application_exited as exits
from tests.report.page_parser import parse
from tests.report.test_words import EVIDENCE, INCIDENT, of

LAB = CommandOptions(endpoint_url="http://127.0.0.1:5599", profile="on call")
AIM = ["--region", made.REGION, "--profile", "on call", "--endpoint-url", "http://127.0.0.1:5599"]
# What another account's owner runs has no profile of ours; a login is followed by what takes its output.
FOR_OTHERS = {"set-repository-policy", "get-login-password"}
EVERY = pytest.mark.parametrize(("rule", "evidence"), EVIDENCE.values(), ids=EVIDENCE)


def todo(rule: str, evidence: Evidence, lang: str = "en", options: CommandOptions = LAB) -> list[Step]:
    return steps.fix(of(rule, evidence), evidence, Context(lang, commands=options))


def missing(words: list[str]) -> set[str]:
    """Of Region, profile and endpoint what a command lacks."""
    pairs = set(pairwise(words))
    return {name for name, value in zip(AIM[::2], AIM[1::2], strict=True) if (name, value) not in pairs}


def argv(step: Step) -> list[str]:
    return shlex.split(step.command.replace("\\\n", " "))


def shown(evidence: Evidence) -> list[Step]:
    """Every step of the causes section, in its order."""
    blocks = walk(sections.causes(judge(evidence), evidence, Context("en", commands=LAB)).blocks)
    rows: list[Fact] = [row for block in blocks if isinstance(block, Facts) for row in block.rows]
    return [step for row in rows for step in row.steps]


@EVERY
def test_every_command_of_a_fix_is_aimed_where_we_looked(rule, evidence):
    if evidence.service and of(rule, evidence).outcome == "FAIL":
        commands = [argv(step) for step in todo(rule, evidence) if step.command]
        ours = [words for words in commands if words[0] == "aws" and not FOR_OTHERS & set(words)]
        assert [words for words in ours if missing(words)] == []
        assert {words[0] for words in commands} <= {"aws", "docker"}


def test_without_options_a_command_still_names_its_region():
    [*_, last] = todo("image_tag_absent", INCIDENT, options=CommandOptions())
    assert argv(last)[-2:] == ["--region", made.REGION]


def test_no_command_hides_in_a_sentence():
    tree = yaml.safe_load((ROOT / "runbook_lib/text/rules.yaml").read_text(encoding="utf-8"))
    assert re.findall(r"`aws [^`]*`", yaml.safe_dump(tree, allow_unicode=True)) == []


def test_every_command_has_the_words_of_its_step():
    assert [key for key in steps.COMMANDS if not text.has(f"rules.{key}")] == []


def test_a_fix_is_exact():
    first, *_, last = todo("image_tag_absent", INCIDENT)
    assert f"`{made.image(made.COMMIT)}`" in first.text
    named = ["--cluster", made.CLUSTER, "--service", made.SERVICE, "--task-definition", made.FAMILY]
    assert argv(last) == ["aws", "ecs", "update-service", *named, *AIM]
    side, *_ = todo("health_check_path_mismatch", made.guide_target_group())
    changed = ["--target-group-arn", made.GROUP, "--health-check-path", "/health"]
    assert argv(side) == ["aws", "elbv2", "modify-target-group", *changed, *AIM]


def test_a_check_of_another_port_changes_the_port_too():
    evidence = made.guide_target_group(group=made.target_group(HealthCheckPort="9000"))
    side, *_ = todo("health_check_path_mismatch", evidence)
    assert argv(side)[7:9] == ["--health-check-port", "8000"]


FILES = {
    "the file that was named": ("deploy/my td.json", "td.json", "file://deploy/my td.json"),
    "the file that was read": ("", "my app/td.json", "file://my app/td.json"),
}


@pytest.mark.parametrize(("option", "read", "expected"), FILES.values(), ids=FILES)
def test_what_is_registered_is_the_file_that_is_known(option, read, expected):
    evidence = made.evidence(made.file(made.doubled(), path=read))
    [_, register] = todo("secret_env_duplicate", evidence, options=CommandOptions(task_definition_file=option))
    assert expected in argv(register)


def test_without_a_known_file_the_usual_name_stands():
    [*_, register, _] = todo("image_tag_absent", made.guide())
    assert "file://task-definition.json" in argv(register)


def test_a_hostile_name_stays_one_argument():
    name = "a; $(reboot) 'x' {cluster}"
    evidence = replace(INCIDENT, target=Target(name, name, made.REGION))
    words = argv(todo("image_tag_absent", evidence)[-1])
    assert [words[3:7], words[-6:]] == [["--cluster", name, "--service", name], AIM]


def test_a_command_with_an_unknown_value_is_left_out():
    definition = made.definition(2, made.container(logConfiguration=None))
    evidence = exits.crashing(exits.exited(1, 2), definitions=[definition])
    assert not [step for step in todo("application_exited", evidence) if "logs" in step.command]


def test_several_causes_are_registered_and_deployed_once():
    operations = [argv(step)[2] for step in shown(INCIDENT) if step.command]
    assert operations[-2:] == ["register-task-definition", "update-service"]
    assert [operations.count(name) for name in ("register-task-definition", "update-service")] == [1, 1]


def test_a_single_cause_keeps_its_steps_in_its_card():
    evidence = made.guide(described=made.service(made.deployment(3, 10, failedTasks=3)), tasks=made.guide_tasks()[3:])
    diagnosis = judge(evidence)
    assert [v.rule for v in diagnosis.failed("cause")] == ["image_tag_absent"]
    [card] = sections.causes(diagnosis, evidence, Context("en")).blocks
    assert isinstance(card, Card)
    assert [argv(step)[2] for step in shown(evidence) if step.command][-2:] == [
        "register-task-definition",
        "update-service",
    ]


def test_a_command_is_whole_on_the_page_and_in_a_terminal():
    section = sections.causes(judge(INCIDENT), INCIDENT, Context("en", commands=LAB))
    register = shown(INCIDENT)[-2].command
    assert register in parse(section.html).text()
    lines = section.text[section.text.rindex("aws ecs register") :].splitlines()
    assert [line.strip() for line in lines[:5]] == [line.strip() for line in register.splitlines()]


@pytest.mark.parametrize("lang", text.LANGUAGES)
@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.role == "cause"], ids=lambda rule: rule.id)
def test_a_cause_leads_to_the_page_that_its_rule_cites(rule, lang):
    address = words.page(Verdict(rule.id, rule.label, "cause", "FAIL"), lang)
    assert address.startswith("https://docs.aws.amazon.com/")
    cited = import_module(f"runbook_lib.diagnosis.rules.{rule.id}").__doc__
    assert address.replace("/ko_kr/", "/") in cited


def test_a_success_that_the_matcher_does_not_take_is_added_to_it():
    first, *_ = todo("health_check_code", EVIDENCE["health_check_code: a success that the matcher does not take"][1])
    words = shlex.split(first.command.replace("\\\n", " "))
    assert words[words.index("--matcher") + 1] == "HttpCode=204,200"
