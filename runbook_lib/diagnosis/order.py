"""Which causes block now and which only behind them: Fargate takes its steps in order and stops at the first fault.

The steps are those of platform version 1.4.0, as they were seen: a place for the task, its roles, its network
interface, secrets, the login at the registry, the log driver, the images, then the containers and their checks. At
each of them what cannot be reached comes before what is refused, and that before what is not there. Where the newest
attempt of the newest deployment got to is told by its task, or by ECS's words about it.
"""

from __future__ import annotations

from dataclasses import replace
from enum import IntEnum

from runbook_lib.diagnosis import deployments, starts, tasks, told
from runbook_lib.diagnosis.messages import CAUSES
from runbook_lib.diagnosis.model import Outcome, Verdict
from runbook_lib.evidence.model import Evidence

WORDS_ALONE = "task_start_failed"  # the rule that repeats what ECS says


class Stage(IntEnum):
    """The steps of a task's start. ``RUN`` is all that is seen of a task that runs: exits and both checks."""

    NOTHING, PLACE, ROLE, INTERFACE, SECRET, LOGIN, LOG, IMAGE, RUN = range(9)


Step = tuple[Stage, int]  # the second: 0 out of reach, 1 refused, 2 absent or wrong, 3 not for this platform
_LOGIN, _PULL = "ecr:GetAuthorizationToken", "CannotPull"
_REFUSED = ("AccessDenied", "not authorized")
_BY_LABEL: dict[str, Step] = {
    "deployment-blocked": (Stage.PLACE, 0),
    "eni-provisioning-failed": (Stage.INTERFACE, 0),
    "efs-mount-failed": (Stage.INTERFACE, 1),
    "secret-network": (Stage.SECRET, 0),
    "secret-access-denied": (Stage.SECRET, 1),
    "secret-not-found": (Stage.SECRET, 2),
    "log-network": (Stage.LOG, 0),
    "log-driver-misconfigured": (Stage.LOG, 2),
    "image-pull-network": (Stage.IMAGE, 0),
    "image-pull-auth": (Stage.IMAGE, 1),
    "image-not-found": (Stage.IMAGE, 2),
    "image-pull-rate-limit": (Stage.IMAGE, 2),
    "disk-full": (Stage.IMAGE, 3),
    "image-platform-mismatch": (Stage.IMAGE, 3),
    "health-check-path-mismatch": (Stage.RUN, 0),
    "vcpu-quota": (Stage.PLACE, 0),
    "quota-exceeded": (Stage.PLACE, 0),
    "execution-role-unassumable": (Stage.ROLE, 0),
}
_BY_GROUP: dict[str, Step] = {
    "placement": (Stage.PLACE, 0),
    "container": (Stage.RUN, 0),
    "load-balancer": (Stage.RUN, 0),
}
_PASSING = ("fargate-capacity-unavailable", "eni-provisioning-failed", "image-pull-rate-limit")  # may end by itself
_NOTHING: Step = (Stage.NOTHING, 0)


def ordered(verdicts: tuple[Verdict, ...], evidence: Evidence) -> tuple[Verdict, ...]:
    """The same verdicts, in which the causes that block now lead, and those behind them have the fact ``next``.

    With no task desired none is tried: then the causes of the newest deployment have ``next`` and ``idle``.
    """
    steps = {v.rule: step for v in verdicts if (step := _step(v, evidence))}
    now = _now(verdicts, steps, evidence)
    marked = tuple(_marked(v, steps.get(v.rule), now) for v in verdicts)
    causes = iter(sorted(filter(_is_cause, marked), key=lambda v: _place(v, steps.get(v.rule), now)))
    return tuple(next(causes) if _is_cause(v) else v for v in marked)


def idle(evidence: Evidence) -> bool:
    """Whether no task is desired, and none is there."""
    counts = ("desiredCount", "runningCount", "pendingCount")
    return bool(evidence.service.get("deployments")) and not any(evidence.service.get(count) for count in counts)


def holds(verdict: Verdict, evidence: Evidence) -> bool:
    """Whether a verdict is a cause that keeps the newest deployment back now."""
    return _step(verdict, evidence) is not None and not verdict.facts.get("next")


def lasts(verdict: Verdict, evidence: Evidence) -> bool:
    """Whether a cause is sure to keep the newest deployment from completing, however long somebody waits."""
    return verdict.confidence == "confirmed" and verdict.label not in _PASSING and holds(verdict, evidence)


def _is_cause(verdict: Verdict) -> bool:
    return verdict.role == "cause" and verdict.outcome is Outcome.FAIL


def _step(verdict: Verdict, evidence: Evidence) -> Step | None:
    """The step at which a cause blocks the newest deployment; None for what is no cause, or of another revision."""
    facts = verdict.facts
    if not _is_cause(verdict) or facts.get("revision", "") not in ("", deployments.newest_revision(evidence)):
        return None
    if verdict.label == "image-pull-network" and facts.get("unreachable") == "ecr.api":
        return Stage.LOGIN, 0
    if facts.get("actions"):
        return _of_label(verdict.label, refused=True, login=_LOGIN in facts["actions"])
    return _of_text(verdict.label, str(facts.get("message", "")))


def _of_text(label: str, text: str) -> Step | None:
    """The step that a message of ECS is about; a failed pull that does not say so was a failed login."""
    return _of_label(label, refused=any(sign in text for sign in _REFUSED), login=bool(text) and _PULL not in text)


def _of_label(label: str, *, refused: bool, login: bool) -> Step | None:
    found = _BY_LABEL.get(label) or _BY_GROUP.get(CAUSES[label].group if label in CAUSES else "")
    if label in ("image-pull-auth", "image-pull-network") and login and found:
        return Stage.LOGIN, found[1]
    return (Stage.LOG, 1) if label == "log-driver-misconfigured" and refused else found


def _now(verdicts: tuple[Verdict, ...], steps: dict[str, Step], evidence: Evidence) -> Step:
    """The step that blocks now: where the newest attempt got to, else the first one at which a cause was seen."""
    if idle(evidence):
        return _NOTHING
    guessed = [v.rule for v in verdicts if v.rule == WORDS_ALONE and v.confidence == "likely"]
    first = min((step for rule, step in steps.items() if rule not in guessed), default=(Stage.RUN, 0))
    return _reached(evidence) or first


def _reached(evidence: Evidence) -> Step | None:
    """The step of the newest attempt by what ECS says of it for certain; ``RUN`` where its task has started."""
    newest = deployments.newest(evidence)
    if said := told.reasons(evidence, newest):
        lost = max(filter(None, map(tasks.ended_at, starts.failed(evidence))), default=said[0].moment)
        sure = said[0].judgement.certain and said[0].moment >= lost
        return _of_text(said[0].judgement.label, said[0].text) if sure else None
    started = any(map(tasks.has_started, tasks.of(evidence, newest)))
    return (Stage.RUN, 0) if started and not starts.is_silent(evidence) else None


def _marked(verdict: Verdict, step: Step | None, now: Step) -> Verdict:
    if step is None or step <= now:
        return verdict
    more = {"next": True, "idle": True} if now == _NOTHING else {"next": True}
    return replace(verdict, facts={**verdict.facts, **more})


def _place(verdict: Verdict, step: Step | None, now: Step) -> tuple[int, Step]:
    """What blocks now, then what does so elsewhere, then what comes next in its order."""
    if verdict.facts.get("next"):
        return 2, step or now
    return (0 if step == now and now[0] < Stage.RUN else 1), _NOTHING
