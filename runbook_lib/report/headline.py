"""The state of a service as a headline says it: the bare state would at times promise more than was seen."""

from __future__ import annotations

from runbook_lib.diagnosis import order
from runbook_lib.diagnosis.engine import Diagnosis
from runbook_lib.diagnosis.state import State
from runbook_lib.evidence.model import Evidence
from runbook_lib.report import words
from runbook_lib.report.blocks import Tone
from runbook_lib.text import say

_TONES: dict[str, Tone] = {
    "healthy": "ok",
    "deploying": "run",
    "stuck": "bad",
    "failing": "bad",
    "unknown": "unk",
    "idle": "off",
    "in-part": "unk",
    "in-vain": "bad",
}


def headline(diagnosis: Diagnosis, evidence: Evidence, lang: str) -> tuple[Tone, str]:
    """The words, with their tone."""
    if kind := _instead(diagnosis, evidence):
        return _TONES[kind], say(f"rules.headline.{kind}", lang)
    return _TONES.get(str(diagnosis.state), "unk"), words.state(diagnosis.state, lang)


def name(diagnosis: Diagnosis, evidence: Evidence) -> str:
    """What the headline says, for machines: a state, ``idle``, ``in-part`` or ``in-vain``."""
    return _instead(diagnosis, evidence) or str(diagnosis.state)


def _instead(diagnosis: Diagnosis, evidence: Evidence) -> str:
    """What is told instead of the state: that nothing shall run, that not all was seen, that waiting is in vain."""
    if diagnosis.state is State.HEALTHY and order.idle(evidence):
        return "idle"
    if diagnosis.state is State.HEALTHY and any(v.role == "cause" and v.facts.get("kinds") for v in diagnosis.unknown):
        return "in-part"
    lasting = any(order.lasts(verdict, evidence) for verdict in diagnosis.failed("cause"))
    return "in-vain" if diagnosis.state is State.DEPLOYING and lasting else ""
