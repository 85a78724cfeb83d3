"""The pages that the browser opens: saved looks of the lab, and the postmortem of one that was fixed by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from runbook_lib.diagnosis.engine import judge
from runbook_lib.evidence.journal import Entry
from runbook_lib.evidence.serialisation import load
from runbook_lib.report.context import Context
from runbook_lib.report.page import html
from runbook_lib.runs import found_as
from tests.diagnosis import builder as made
from tests.diagnosis.test_story import CURED, at, entry, looked

INCIDENTS = Path(__file__).parents[1] / "incidents"
OVER = "over"
_CAUSES = [found_as(verdict) for verdict in judge(made.guide()).failed("cause")]
_EARLIER = {
    "rule": "log_group_absent",
    "label": "log-group-missing",
    "confidence": "confirmed",
    "facts": {"revision": "momentir-cx-llm:2", "log_group": "/ecs/momentir-cx-llm", "region": "ap-northeast-2"},
}
_PLAN = {"plan": "435bd4d1f9a0"}
_WATCHED = {"deployment": made.deployment_id(4), "revision": "momentir-cx-llm:4"}
_DNS = "momentir-cx-llm-alb-1.ap-northeast-2.elb.amazonaws.com"


def _change(minutes: float, what: str, **facts: Any) -> Entry:
    return entry(minutes, "change", {**_PLAN, "change": what, "what": what, "outcome": "done", "facts": facts})


RECORD = (
    entry(-6.1, "opened", {"why": "fault"}),
    looked(-6, state="failing", causes=[_EARLIER], by="diagnose"),
    looked(0, made.guide(), causes=_CAUSES, by="diagnose"),
    entry(1, "plan", {"digest": _PLAN["plan"], "plan": {"changes": [{}, {}, {}]}}),
    entry(2, "approval", {**_PLAN, "caller": "arn:aws:iam::123456789012:user/oncall"}),
    _change(2.5, "register", revision="momentir-cx-llm:4"),
    _change(2.7, "update-service", revision="momentir-cx-llm:4", deployment=made.deployment_id(4)),
    _change(3.1, "stop-task", status="DEACTIVATING"),
    entry(3.2, "applied", {**_PLAN, "good": True, "left": []}),
    entry(4, "watch", {"phase": "begin", **_WATCHED}),
    entry(8, "watch", {"phase": "end", "end": "completed", "elapsed_s": 240, **_WATCHED}),
    entry(9, "verify", {"ok": True, "outcome": "verified", "checks": [{"url": f"https://{_DNS}/"}]}),
    entry(9.1, "closed", {"why": "verified", **_WATCHED}),
)


def page_of(incident: str, lang: str) -> str:
    """The page of a saved look by its name; of ``OVER``, of an incident that was fixed, watched and verified."""
    if incident == OVER:
        evidence, context = replace(CURED, collected_at=at(20)), Context(lang, record=RECORD)
    else:
        evidence, context = load(INCIDENTS / f"{incident}.json"), Context(lang)
    return html(judge(evidence), evidence, context)
