"""Whatever fails in the lab, the printed commands can be run: no placeholder stands for what evidence knows."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from runbook_lib import lab as labs
from runbook_lib import runs
from runbook_lib.diagnosis.model import Verdict
from runbook_lib.look import Look, look
from runbook_lib.parameters import from_file, layered
from runbook_lib.report import steps
from runbook_lib.report.blocks import Step
from runbook_lib.report.commands import CommandOptions
from runbook_lib.report.context import Context
from tests.contract.source import ROOT

SEEDS = 12
# What a reader fills in, by how text/*.yaml and the commands spell it.
SPELLED = re.compile(r"(?<![\w-])[A-Z][A-Z_]{2,}(?![\w-])|<[A-Z_]+>")
# Those are words of AWS, of Docker or of HTTP.
WORDS = {
    *("ENABLED", "DISABLED", "AWS", "FARGATE", "FARGATE_SPOT", "STOPPED", "ACTIVE", "DESC", "DRAINING", "ALARM"),
    *("ROLLING", "AWSCURRENT", "IN_PROGRESS", "CONTINUE", "ARN"),
}
# Of these evidence has a value whenever there is a service with tasks.
KNOWN = {
    *("CLUSTER", "SERVICE", "REGION", "FAMILY", "REVISION", "TASK_DEFINITION", "ROLE_NAME", "IMAGE", "REPOSITORY"),
    *("TAG", "SECRET", "SECRET_ARN", "NAME", "KEY", "LOG_GROUP", "TARGET_GROUP_ARN", "TASK_ID", "TASK_SG", "FILE"),
}
DRAWN = [*((name, None) for name in labs.names()), *((labs.DRAWN[0], seed) for seed in range(SEEDS))]
# Of these it may have none: who fills them in is told what they are.
OPEN = {
    *("ASG", "CODES", "COUNT", "DEPLOYMENT_ARN", "ECR_IMAGE", "FILE_SYSTEM_ID", "FUNCTION", "HOOK_ID", "INSTANCE_ID"),
    *("INTERNET_GATEWAY_ID", "LB_ARN", "LB_SG", "PATH", "PORT", "PREFIX", "QUOTA_CODE", "RULE_ARN", "SECONDS"),
    *("SOURCE_IMAGE", "SUBNET_ID", "URL", "VALUE", "VPC_ID"),
}


@dataclass(frozen=True)
class Told:
    """The steps for one cause, in one language."""

    verdict: Verdict
    steps: list[Step]


@cache
def looked(scenario: str, seed: int | None) -> tuple[Look, CommandOptions]:
    """One look at a scenario, taken once."""
    given: dict[str, Any] = {} if seed is None else {"seed": seed}
    with TemporaryDirectory() as folder, labs.start(scenario, folder=Path(folder), **given) as lab:
        parameters = layered([from_file(lab.params)])
        found = look(parameters)
        return found, runs.context(parameters, found.evidence, "en").commands


def told(scenario: str, seed: int | None, lang: str) -> list[Told]:
    found, options = looked(scenario, seed)
    context = Context(lang, commands=options)
    return [Told(v, steps.fix(v, found.evidence, context)) for v in found.diagnosis.failed("cause")]


def open_in(command: str) -> set[str]:
    """The placeholders among a command's words."""
    words = shlex.split(command.replace("\\\n", " "))
    return {name for word in words if not word.startswith(("{", "arn:")) for name in SPELLED.findall(word)} - WORDS


def wrong(each: Told) -> Iterator[str]:
    if not any(step.command for step in each.steps):
        yield f"{each.verdict.rule}: no command"
    for step in each.steps:
        left = open_in(step.command)
        yield from (f"{each.verdict.rule}: {name} in {step.command}" for name in left & KNOWN)
        yield from (f"{each.verdict.rule}: nobody says what {n} is" for n in left if f"`{n}`" not in step.text)
        if re.search(r"`(?:aws|docker) |[.:] [,·.]|[.:] (?:or|또는)\b", step.text):
            yield f"{each.verdict.rule}: a command hides in {step.text}"


@pytest.mark.parametrize(("scenario", "seed"), DRAWN, ids=str)
def test_every_fix_of_the_lab_can_be_run_as_it_stands(scenario, seed):
    korean, english = (told(scenario, seed, lang) for lang in ("ko", "en"))
    assert [problem for each in (*korean, *english) for problem in wrong(each)] == []
    assert [[s.command for s in one.steps] for one in korean] == [[s.command for s in one.steps] for one in english]


def test_no_spelling_of_a_placeholder_is_overlooked():
    """Every word in capitals that a command in the catalogue holds is a placeholder or a word of AWS."""
    tree = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "runbook_lib/text").glob("*.yaml"))
    commands = " ".join(re.findall(r"`(?:aws|docker) [^`]*`", tree))
    assert set(SPELLED.findall(commands)) - WORDS - KNOWN <= OPEN
