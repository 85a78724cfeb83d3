"""A plan that takes away what answers says so before it is approved."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runbook_lib.diagnosis.engine import judge
from runbook_lib.diagnosis.tasks import identity, running
from runbook_lib.plan.model import Change, Plan
from runbook_lib.report.blocks import Status, walk
from runbook_lib.report.context import Context
from runbook_lib.report.sections.fixing import Asking, approval_section, plan_section
from runbook_lib.text import say
from tests.diagnosis.builder import unread
from tests.report import sample

EVIDENCE = sample.guide()
TASK = identity(running(EVIDENCE)[0])
STOP = Change(
    f"stop-task:{TASK}",
    "stop-task",
    ("deployments_overlapping",),
    {"cluster": sample.CLUSTER, "task": TASK},
    before={"taskDefinition": f"{sample.FAMILY}:2", "healthStatus": "UNHEALTHY"},
    after={"reason": "Stopping unhealthy task"},
    risk="interrupts",
)
PLAN = Plan(EVIDENCE.target, {}, (STOP,))


@pytest.mark.parametrize("lang", ["ko", "en"])
@pytest.mark.parametrize("section", [plan_section, approval_section])
@pytest.mark.parametrize("state", ["healthy", "unhealthy"])
def test_stopping_the_last_healthy_target_is_told(section, state, lang):
    rows = [{**row, "TargetHealth": {"State": state}} for row in sample.target_health()]
    kept = tuple(replace(r, data=rows) if r.request.kind == "target_health" else r for r in EVIDENCE.readings)
    shown = section(PLAN, judge(EVIDENCE), replace(EVIDENCE, readings=kept), Context(lang), Asking())
    told = [block.text for block in walk(shown.blocks) if isinstance(block, Status)]
    named = say("fix.outage.last", lang, group=sample.GROUP.split("/")[-2], tasks=f"`{TASK[:12]}`")
    assert (named in told) == (state == "healthy")


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_where_targets_were_not_read_it_is_not_known_whether_one_is_left(lang):
    blind = replace(
        EVIDENCE,
        readings=tuple(r for r in EVIDENCE.readings if r.request.kind != "target_health"),
        unreads=(*EVIDENCE.unreads, unread("target_health", target_group_arn=sample.GROUP)),
    )
    shown = plan_section(PLAN, judge(blind), blind, Context(lang), Asking())
    told = [block.word for block in walk(shown.blocks) if isinstance(block, Status)]
    assert say("fix.outage.unseen_title", lang) in told
    assert say("fix.outage.last_title", lang) not in told
