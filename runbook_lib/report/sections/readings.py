"""The guide's five steps of diagnosis: what was read, as tables, each with the AWS CLI command it stands for."""

from __future__ import annotations

from collections import Counter
from typing import Any

from runbook_lib.diagnosis.engine import Diagnosis
from runbook_lib.evidence.model import Evidence
from runbook_lib.evidence.timeline import addresses
from runbook_lib.report import words
from runbook_lib.report.blocks import Block, Cell, Fact, Facts, Paragraph, Quote, number, state, value
from runbook_lib.report.context import Context
from runbook_lib.report.formats import revision, short_id
from runbook_lib.report.markup import code
from runbook_lib.report.render import Section
from runbook_lib.report.sections.values import aws_state, look_stamp, shell, short_revision, table, when

MOST_EVENTS = 20
MOST_TASKS = 40
MOST_IMAGES = 20
_DIGEST = 12
_Reason = tuple[str, str]


def service_state(diagnosis: Diagnosis, evidence: Evidence, context: Context) -> Section:
    """Step 1: counts and deployments."""
    service = evidence.service
    if not service:
        inside: tuple[Block, ...] = _not_read(evidence, context, "service")
    else:
        rows = [_deployment(d, evidence, context) for d in service.get("deployments", ())]
        columns = "revision rollout status created desired running pending failed deployment"
        caption = look_stamp(evidence, context)
        inside = (_counts(service, context), table(context, "deployments", columns, rows, at=caption))
    return _section("service_state", inside + shell(evidence, context, "service_state"), context)


def _counts(service: dict[str, Any], context: Context) -> Facts:
    counts = " · ".join(
        f"{context.say('column.' + name)}: {service.get(field, '–')}"
        for name, field in (("desired", "desiredCount"), ("running", "runningCount"), ("pending", "pendingCount"))
    )
    return Facts(
        (
            Fact(context.say("label.service_status"), (code(service.get("status", "–")),)),
            Fact(context.say("label.task_counts"), (counts,)),
        )
    )


def _deployment(d: dict[str, Any], evidence: Evidence, context: Context) -> tuple[Cell, ...]:
    return (
        value(revision(str(d.get("taskDefinition", "")))),
        aws_state(str(d.get("rolloutState", ""))),
        value(d.get("status")),
        when(d.get("createdAt"), evidence, context),
        number(d.get("desiredCount")),
        number(d.get("runningCount")),
        number(d.get("pendingCount")),
        number(d.get("failedTasks")),
        value(d.get("id")),
    )


def running_tasks(diagnosis: Diagnosis, evidence: Evidence, context: Context) -> Section:
    """Step 2: the tasks that live, with their health and their target's."""
    living = list(evidence.tasks(desired="RUNNING"))
    targets = _targets(evidence)
    every = [_living(task, targets, evidence, context) for task in living]
    rows, rest = every[:MOST_TASKS], every[MOST_TASKS:]
    columns = "task revision task_status health target created started"
    if rows:
        inside: tuple[Block, ...] = (
            table(context, "running_tasks", columns, rows, rest, shown=len(rows), total=len(living)),
        )
    else:
        inside = _not_read(evidence, context, "tasks", "task_arns") or (
            Paragraph(context.say("nothing.running_tasks")),
        )
    return _section("running_tasks", inside + shell(evidence, context, "running_tasks"), context)


def _targets(evidence: Evidence) -> dict[str, dict[str, Any]]:
    rows = (row for reading in evidence.all("target_health") for row in reading.data)
    return {str(row.get("Target", {}).get("Id", "")): row.get("TargetHealth", {}) for row in rows}


def _living(
    task: dict[str, Any], targets: dict[str, dict[str, Any]], evidence: Evidence, context: Context
) -> tuple[Cell, ...]:
    target = next((targets[a] for a in addresses(task) if a in targets), {})
    cell = aws_state(str(target.get("State", "")))
    return (
        value(short_id(str(task.get("taskArn", "")))),
        value(short_revision(str(task.get("taskDefinitionArn", "")))),
        aws_state(str(task.get("lastStatus", ""))),
        aws_state(str(task.get("healthStatus", ""))),
        Cell(cell.text, cell.kind, cell.tone, code(target["Reason"]) if target.get("Reason") else ""),
        when(task.get("createdAt"), evidence, context),
        when(task.get("startedAt"), evidence, context),
    )


def task_details(diagnosis: Diagnosis, evidence: Evidence, context: Context) -> Section:
    """Step 3: every task read, running and stopped, and each stopped reason once, verbatim."""
    tasks = sorted(evidence.tasks(), key=lambda t: str(t.get("createdAt", "")), reverse=True)
    reasons = _reasons(tasks)
    every = [_detail(task, reasons, evidence, context) for task in tasks]
    rows, rest = every[:MOST_TASKS], every[MOST_TASKS:]
    columns = "task revision task_status health created started stopped exit_code reason"
    if rows:
        caption = table(context, "task_details", columns, rows, rest, shown=len(rows), total=len(tasks))
        inside: tuple[Block, ...] = (caption, *_quoted(reasons, tasks, context))
    else:
        inside = _not_read(evidence, context, "tasks", "task_arns") or (Paragraph(context.say("nothing.tasks")),)
    return _section("task_details", inside + shell(evidence, context, "stopped_tasks", "task_details"), context)


def _reasons(tasks: list[dict[str, Any]]) -> list[_Reason]:
    """Stop codes and stopped reasons in the order of the tasks, each pair once."""
    return list(dict.fromkeys(_reason(task) for task in tasks if task.get("stoppedReason")))


def _reason(task: dict[str, Any]) -> _Reason:
    return str(task.get("stopCode") or "–"), str(task.get("stoppedReason") or "")


def _detail(task: dict[str, Any], reasons: list[_Reason], evidence: Evidence, context: Context) -> tuple[Cell, ...]:
    reason = _reason(task)
    codes = [str(c["exitCode"]) for c in task.get("containers", ()) if c.get("exitCode") is not None]
    return (
        value(short_id(str(task.get("taskArn", "")))),
        value(short_revision(str(task.get("taskDefinitionArn", "")))),
        aws_state(str(task.get("lastStatus", ""))),
        aws_state(str(task.get("healthStatus", ""))),
        when(task.get("createdAt"), evidence, context),
        when(task.get("startedAt"), evidence, context),
        when(task.get("stoppedAt"), evidence, context),
        Cell(", ".join(codes) or "–", "number"),
        Cell(_letter(reasons.index(reason)) if reason in reasons else "–"),
    )


def _letter(index: int) -> str:
    """A, B … Z, AA: numbers would be taken for counts."""
    return chr(65 + index) if index < 26 else _letter(index // 26 - 1) + _letter(index % 26)


def _quoted(reasons: list[_Reason], tasks: list[dict[str, Any]], context: Context) -> list[Block]:
    counts = Counter(_reason(task) for task in tasks)
    quotes: list[Block] = [
        Quote(said, context.say("label.reason", letter=_letter(n), code=code(stop), count=counts[(stop, said)]))
        for n, (stop, said) in enumerate(reasons[:MOST_TASKS])
    ]
    left = len(reasons) - MOST_TASKS
    return [*quotes, Paragraph(context.say("left_out.reasons", count=left), "quiet")] if left > 0 else quotes


def service_events(diagnosis: Diagnosis, evidence: Evidence, context: Context) -> Section:
    """Step 4: the newest service events, verbatim."""
    events = evidence.service.get("events", [])
    every = [
        (when(event.get("createdAt"), evidence, context), Cell(str(event.get("message", "")), "said"))
        for event in events
    ]
    rows, rest = every[:MOST_EVENTS], every[MOST_EVENTS:]
    if rows:
        caption = table(context, "service_events", "time event", rows, rest, shown=len(rows), total=len(events))
        inside: tuple[Block, ...] = (caption,)
    else:
        inside = _not_read(evidence, context, "service") or (Paragraph(context.say("nothing.events")),)
    return _section("service_events", inside + shell(evidence, context, "service_events"), context)


def image_tags(diagnosis: Diagnosis, evidence: Evidence, context: Context) -> Section:
    """Step 5: the repository's tags, newest first, and the tags that were asked for by name."""
    inside: list[Block] = []
    repositories = {r.request["repository"] for kind in ("images", "image_tags") for r in evidence.all(kind)}
    for repository in sorted(repositories):
        inside += _repository(repository, evidence, context)
    inside += _not_read(evidence, context, "images", "image_tags")
    if not inside:
        inside = [Paragraph(context.say("nothing.images"))]
    return _section("image_tags", (*inside, *shell(evidence, context, "image_tags", "image_by_tag")), context)


def _repository(repository: str, evidence: Evidence, context: Context) -> list[Block]:
    listed = [r for r in evidence.all("images") if r.request["repository"] == repository]
    images = [image for reading in listed for image in reading.data]
    found, absent = _asked(repository, evidence)
    rows = [(value(tag), state("bad", context.say("image.absent")), Cell("–", "time"), value("")) for tag in absent]
    listing, rest = (
        [row for image in part for row in _image(image, found, evidence, context)]
        for part in (images[:MOST_IMAGES], images[MOST_IMAGES:])
    )
    shown = len(images[:MOST_IMAGES])
    caption = "images_partial" if any(r.partial for r in listed) else "images"
    columns = "tag presence pushed digest"
    facts = {"repository": code(repository), "shown": shown, "total": len(images)}
    return [table(context, caption, columns, rows + listing, rest, **facts)]


def _asked(repository: str, evidence: Evidence) -> tuple[set[str], list[str]]:
    """Tags or digests asked by name: those that ECR has, and those it has not."""
    answers = [r.data for r in evidence.all("image_tags") if r.request["repository"] == repository]
    found = {
        str(i.get(field)) for data in answers for i in data.get("images", ()) for field in ("imageTag", "imageDigest")
    }
    ids = [f.get("imageId", {}) for data in answers for f in data.get("failures", ())]
    return found, list(dict.fromkeys(str(i.get("imageTag") or i.get("imageDigest") or "") for i in ids))


def _image(image: dict[str, Any], found: set[str], evidence: Evidence, context: Context) -> list[tuple[Cell, ...]]:
    digest = str(image.get("imageDigest", ""))
    short = digest.removeprefix("sha256:")[:_DIGEST]
    pushed = when(image.get("imagePushedAt"), evidence, context)
    rows: list[tuple[Cell, ...]] = []
    for tag in image.get("imageTags") or [""]:
        asked = tag in found
        presence = state("ok", context.say("image.asked")) if asked else state("off", context.say("image.present"))
        rows.append((value(tag), presence, pushed, value(f"sha256:{short}" if short else "")))
    return rows


def _section(name: str, inside: tuple[Block, ...], context: Context) -> Section:
    return Section(name, context.say(f"section.{name}"), inside, context.lang)


def _not_read(evidence: Evidence, context: Context, *kinds: str) -> tuple[Block, ...]:
    """One sentence for each reading that could not be had."""
    return tuple(Paragraph(words.unread(unread, context.lang)) for unread in evidence.unread(*kinds))
