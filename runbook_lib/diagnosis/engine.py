"""Judges evidence: every rule once, causes linked to the symptoms they explain, the checklist answered."""

from __future__ import annotations

from dataclasses import dataclass, replace

from runbook_lib.diagnosis import deployments, gone, order, revisions
from runbook_lib.diagnosis.agreement import agreeing
from runbook_lib.diagnosis.checklist import Answer, answers
from runbook_lib.diagnosis.model import Finding, Outcome, Rule, Verdict, unknown
from runbook_lib.diagnosis.rules import RULES
from runbook_lib.diagnosis.state import State, state_of
from runbook_lib.diagnosis.unseen import unseen
from runbook_lib.evidence.model import Evidence, Request

_BACK, _BY_ALARM = "rolled_back", "alarm_failed_deployment"


@dataclass(frozen=True)
class Diagnosis:
    """What the evidence says: the state of the service, one verdict a rule (causes first), the seven answers."""

    state: State
    verdicts: tuple[Verdict, ...]
    checklist: tuple[Answer, ...]

    def failed(self, role: str) -> tuple[Verdict, ...]:
        """The faults of a role (``cause``, ``symptom``, ``risk``) that were seen; a cause told twice counts once.

        What will block only after another cause is mended (the fact ``next``) stands after what blocks now.
        """
        found = (v for v in self.verdicts if v.role == role and v.outcome is Outcome.FAIL)
        return tuple(v for v in found if role != "cause" or not v.explained_by)

    @property
    def unknown(self) -> tuple[Verdict, ...]:
        """What could not be judged."""
        return tuple(v for v in self.verdicts if v.outcome is Outcome.UNKNOWN)


def judge(evidence: Evidence, rules: tuple[Rule, ...] = RULES) -> Diagnosis:
    """Every rule's verdict on the evidence; pure, so saved evidence gives the same verdicts without AWS."""
    found = tuple(_verdict(rule, evidence) for rule in sorted(rules, key=lambda r: r.severity))
    verdicts = _explain(order.ordered(agreeing(found), evidence), rules, evidence)
    return Diagnosis(state_of(evidence), verdicts, answers(verdicts))


def wanted(evidence: Evidence, rules: tuple[Rule, ...] = RULES) -> tuple[Request, ...]:
    """The deeper readings that the rules, then the comparison of revisions, ask for and that were not asked yet."""
    asked = evidence.asked()
    wishes = (*(wish for rule in rules for wish in rule.wants(evidence)), *revisions.wants(evidence))
    return tuple(wish for wish in dict.fromkeys(wishes) if wish not in asked)


def _verdict(rule: Rule, evidence: Evidence) -> Verdict:
    missing = evidence.unread(*rule.needs)
    absent = [kind for kind in rule.needs if not evidence.all(kind) and not evidence.unread(kind)]
    if missing or absent:
        return _from(rule, unseen(evidence, rule.needs))
    return _from(rule, _guarded(rule, evidence))


def _guarded(rule: Rule, evidence: Evidence) -> Finding:
    """The rule's own finding, with good news withheld where the rule could not see everything."""
    try:
        finding = rule.check(evidence)
    except Exception as error:  # the one broad except: a rule that crashes must not hide the others
        return Finding(Outcome.UNKNOWN, {"reason": "rule-crashed", "exception": type(error).__name__})
    if finding.outcome is Outcome.FAIL or finding.facts.get("operation"):
        return finding
    if _blind(rule, evidence):
        return unseen(evidence, rule.needs + rule.uses)
    return _missed(rule, evidence) or finding


def _missed(rule: Rule, evidence: Evidence) -> Finding | None:
    """UNKNOWN where what the rule goes by is gone: the stopped tasks of a failed deployment, or even what it ran."""
    lost = gone.deployment(evidence)
    nameless = bool(lost) and not lost.get("taskDefinition") and "task_definition" in rule.needs
    if not nameless and not (lost and rule.stopped):
        return None
    return unknown("gone", deployment=lost["id"], revision=deployments.revision(lost.get("taskDefinition", "")))


def _blind(rule: Rule, evidence: Evidence) -> bool:
    kinds = rule.needs + rule.uses
    return bool(evidence.unread(*kinds)) or any(r.partial for kind in kinds for r in evidence.all(kind))


def _from(rule: Rule, finding: Finding) -> Verdict:
    return Verdict(
        rule.id,
        finding.label or rule.label,
        rule.role,
        finding.outcome,
        finding.confidence,
        finding.facts,
        finding.cites,
    )


def _explain(verdicts: tuple[Verdict, ...], rules: tuple[Rule, ...], evidence: Evidence) -> tuple[Verdict, ...]:
    """Symptoms that a seen cause accounts for name that cause; so does a cause that another tells more exactly."""
    explained = {v.rule: _same(v, verdicts) for v in verdicts if v.rule == order.WORDS_ALONE and _is_fault(v)}
    causes = [v for v in verdicts if _is_fault(v) and not explained.get(v.rule) and not _is_behind(v)]
    names = {v.rule for v in causes}
    for rule in rules:
        for symptom in rule.explains if rule.id in names else ():
            explained.setdefault(symptom, []).append(rule.id)
    if _BY_ALARM not in names:  # whatever keeps a deployment back is why it was rolled back
        explained[_BACK] = list(
            dict.fromkeys([*explained.get(_BACK, []), *(v.rule for v in causes if order.holds(v, evidence))])
        )
    return tuple(replace(v, explained_by=tuple(explained.get(v.rule, ()))) if _is_fault(v) else v for v in verdicts)


def _is_behind(verdict: Verdict) -> bool:
    """Whether a cause is none yet of what is seen: it comes next. One that awaits tasks may have been before."""
    return bool(verdict.facts.get("next")) and not verdict.facts.get("idle")


def _same(told: Verdict, verdicts: tuple[Verdict, ...]) -> list[str]:
    """The other causes of the same label: what they saw besides ECS's words makes them the better answer."""
    others = (v for v in verdicts if v.role == "cause" and v.rule != told.rule and _is_fault(v))
    return [v.rule for v in others if v.label == told.label]


def _is_fault(verdict: Verdict) -> bool:
    return verdict.outcome is Outcome.FAIL
