"""Verdicts in words, Korean or English. Plain text in which backticks mark code; renderers escape it and mark it up."""

from __future__ import annotations

from typing import Any

from runbook_lib.diagnosis.model import Outcome, Verdict
from runbook_lib.evidence.model import Unread
from runbook_lib.report.formats import clock, minutes, moment, number
from runbook_lib.report.markup import code, unticked
from runbook_lib.report.rule_values import kind_name, length, line_variants, unmarked, values, variants
from runbook_lib.text import has, say

# What a cause card shows of the facts, in this order; what is empty is left out.
_CARD: dict[str, tuple[str, ...]] = {
    "image_tag_absent": ("revision", "ref", "repository", "newest", "also"),
    "task_start_failed": ("revision", "count", "last_at", "message"),
    "alarm_failed_deployment": ("revision", "alarms", "watched"),
    "deployment_deadlocked": ("desired", "running", "lower", "upper"),
    "nothing_desired": ("desired", "revision"),
    "execution_role_unassumable": ("revision", "field", "role"),
    "execution_role_denied": ("revision", "role", "actions", "resources", "also_denied"),
    "network_path_absent": ("revision", "subnets", "unreachable", "lacking", "where", "count", "last_at"),
    "image_platform_mismatch": ("revision", "platform", "platforms", "image", "repository", "container"),
    "secret_absent": ("revision", "secret", "region", "name", "container", "others"),
    "log_group_absent": ("revision", "log_group", "region", "missing", "container", "others"),
    "application_exited": ("revision", "container", "exit_code", "count", "last_at", "reason", "variable"),
    "health_check_path_mismatch": ("revision", "container_check", "target_check", "code", "matcher", "target_group"),
    "target_group_detached": ("target_group", "unused", "zone", "zones"),
    "health_check_port": ("revision", "target_group", "container", "port", "ports", "listens"),
    "health_check_code": ("revision", "code", "matcher", "path", "port", "target_group"),
    "health_check_timeout": ("revision", "target_group", "path", "port", "task_groups", "balancer_groups"),
    "start_too_slow": ("revision", "ready_after_s", "stopped_after_s", "start_period_s", "grace_s"),
    "container_check_failing": ("revision", "container", "code", "path", "port", "tool"),
    "target_group_foreign": ("target_group", "earlier", "foreign"),
    "check_cannot_fail": ("revision", "container", "command"),
    "deployments_overlapping": ("deployments", "oldest_age_s", "keep", "last_completed"),
    "secret_env_duplicate": ("names", "places", "kept"),
    "image_pull_failed": ("revision", "count", "last_at", "message"),
    "tasks_unhealthy": (
        *("unhealthy", "running", "unhealthy_targets"),
        *("stopped_by_container", "stopped_by_target", "tasks"),
    ),
    "health_check_unanswered": ("revision", "target_group", "code", "unhealthy", "stopped_for_it"),
}


def title(verdict: Verdict, lang: str) -> str:
    """The fault's name where it was found, else what was looked at: a verdict that is no fault must not read as one."""
    part = "title" if verdict.outcome is Outcome.FAIL else "subject"
    return say(_key(verdict, part, variants(verdict)), lang, **values(verdict, lang))


def line(verdict: Verdict, lang: str) -> str:
    """The facts on one line, for the checklist. For UNKNOWN: why, and which IAM action; never a yes or no."""
    if verdict.outcome in (Outcome.UNKNOWN, Outcome.NOT_APPLICABLE):
        key = _reason_key(verdict)
    else:
        key = _key(verdict, f"line.{verdict.outcome}", line_variants(verdict))
    told = (say(key, lang, **values(verdict, lang)), superseded(verdict, lang), comes_next(verdict, lang))
    return " · ".join(filter(None, told))


def superseded(verdict: Verdict, lang: str) -> str:
    """That a new deployment is replacing the revisions a symptom was seen of; ``""`` where it is not so."""
    revisions = verdict.facts.get("superseded")
    return say("rules.superseded", lang, superseded="`, `".join(map(unticked, revisions))) if revisions else ""


def comes_next(verdict: Verdict, lang: str) -> str:
    """That a cause blocks only after the one that blocks now; ``""`` where it is not so."""
    return say("rules.idle" if verdict.facts.get("idle") else "rules.next", lang) if verdict.facts.get("next") else ""


def standing(verdict: Verdict, lang: str) -> str:
    """How sure a cause is, and whether it only comes next."""
    return " · ".join(filter(None, (confidence(verdict.confidence, lang), comes_next(verdict, lang))))


def facts(verdict: Verdict, lang: str, timezone: str) -> list[tuple[str, str]]:
    """Label and value of each fact of the cause card. ``timezone`` is an IANA name."""
    shown = _card_values(verdict, lang)
    rows = (
        (name, _value(name, shown[name], lang, timezone)) for name in _CARD.get(verdict.rule, ()) if shown.get(name)
    )
    return [(say(f"rules.fact.{_label(name, shown)}", lang), text) for name, text in rows]


def means(verdict: Verdict, lang: str) -> str:
    """Why this breaks the rollout, in one or two sentences; with what blocks before it."""
    if verdict.facts.get("idle"):
        return say("rules.idle_means", lang)
    told = say(_key(verdict, "means", variants(verdict)), lang, **values(verdict, lang))
    return f"{told} {say('rules.next_means', lang)}" if verdict.facts.get("next") else told


def page(verdict: Verdict, lang: str) -> str:
    """The address of AWS's page about the fault; ``""`` where there is none."""
    keys = (f"rules.{verdict.rule}.page", f"causes.{verdict.label}.page")
    return next((say(key, lang) for key in keys if has(key)), "")


def joint_title(lang: str) -> str:
    """The heading of the steps that several causes share."""
    return say("rules.joint.title", lang)


def outcome(found: Outcome | str, lang: str) -> str:
    """문제 있음 · Problem, and so on."""
    return say(f"rules.outcome.{found}", lang)


def confidence(level: str | None, lang: str) -> str:
    """확정 · Confirmed or 유력 · Likely; nothing where a verdict has none."""
    return say(f"rules.confidence.{level}", lang) if level else ""


def state(found: str, lang: str) -> str:
    """The state of a service."""
    return say(f"rules.state.{found}", lang)


def checklist_question(item: int, lang: str) -> str:
    """The guide's question, 1 to 7."""
    return say(f"rules.question.{item}", lang)


def unread(found: Unread, lang: str) -> str:
    """What could not be read, why, and what to do next."""
    told = {"operation": found.operation, "action": found.action or found.operation, "code": found.code or found.reason}
    told = {name: unticked(value) for name, value in told.items()}
    asked = found.reason != "not-asked" or bool(found.operation)
    reason = found.reason if asked else "offline"
    return say(f"rules.unread.{reason}", lang, what=kind_name(found.request.kind, lang), **told)


def _key(verdict: Verdict, part: str, wanted: tuple[str, ...]) -> str:
    """The key of a part of a rule's words, in the first of the wanted wordings that there is."""
    root = f"rules.{verdict.rule}.{part}"
    found = next((key for name in wanted if name and has(key := f"{root}.{name}")), root)
    told = f"causes.{verdict.label}.{part}"  # what most rules find has its words in the catalogue of causes
    return found if has(found) or not has(told) else told


def _reason_key(verdict: Verdict) -> str:
    """The words of a reason: the rule's own, else those that all rules share."""
    kind, reason = verdict.outcome.lower(), verdict.facts.get("reason", "")
    own = f"rules.{verdict.rule}.{kind}.{reason}"
    return own if has(own) else f"rules.{kind}.{reason}"


def _card_values(verdict: Verdict, lang: str) -> dict[str, Any]:
    """The facts, and those that are put together for people."""
    found = values(verdict, lang)
    made: dict[str, Any] = {
        name: found[name] for name in ("ref", "container_check", "target_check", "lacking") if name in found
    }
    return {**unmarked(dict(verdict.facts)), **made, "kept": verdict.facts.get("keep")}


def _label(name: str, shown: dict[str, Any]) -> str:
    return "digest" if name == "ref" and shown.get("digest") else name


def _value(name: str, fact: Any, lang: str, timezone: str) -> str:
    if isinstance(fact, list):
        return ", ".join(_item(name, item, lang, timezone) for item in fact)
    if name.endswith("_at"):
        return clock(str(fact), timezone)
    if isinstance(fact, int | float):
        return length(name, fact, lang) if name.endswith("_s") else number(fact)
    return code(fact)


def _item(name: str, item: Any, lang: str, timezone: str) -> str:
    """One entry of a list: an image's tag, a deployment, a place, a task, or a plain value."""
    if not isinstance(item, dict):
        return code(item)
    if name == "newest":
        return say("rules.shown.newest", lang, tag=item["tag"], at=moment(item["pushed_at"], timezone))
    if name == "deployments":
        return say("rules.shown.deployment", lang, **{**item, "age": minutes(item["age_s"], lang)})
    if name == "places":
        return say(f"rules.shown.place.{item['source']}", lang, **item)
    return code(item["task"][:12])
