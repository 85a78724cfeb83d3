"""The checklist with its evidence on demand: what decided each answer, and what AWS said in the fields it goes by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from runbook_lib.diagnosis.checklist import Answer
from runbook_lib.diagnosis.engine import Diagnosis
from runbook_lib.evidence.model import Evidence, Reading
from runbook_lib.report import words
from runbook_lib.report.blocks import Checklist, Fact, Facts, Item
from runbook_lib.report.context import Context
from runbook_lib.report.render import Section
from runbook_lib.report.sections.findings import checklist, cites
from runbook_lib.text import say

_MOST = 6


@dataclass(frozen=True)
class _Field:
    """A field of a kind of reading, by the way to it from ``root``; ``shown`` goes before it, as in AWS's answer."""

    kind: str
    path: str
    shown: str = ""
    root: str = ""


def _containers(*paths: str) -> tuple[_Field, ...]:
    """Fields of containers, as registered and in the local file."""
    registered = tuple(_Field("task_definition", f"containerDefinitions[].{path}") for path in paths)
    return registered + tuple(
        replace(field, kind="task_definition_file", root="task_definition") for field in registered
    )


def _tasks(*paths: str) -> tuple[_Field, ...]:
    return tuple(_Field("tasks", f"[].{path}", "tasks") for path in paths)


def _groups(*paths: str) -> tuple[_Field, ...]:
    return tuple(_Field("target_groups", f"[].{path}", "TargetGroups") for path in paths)


_TARGETS = tuple(
    _Field("target_health", f"[].TargetHealth.{name}", "TargetHealthDescriptions") for name in ("State", "Reason")
)
_IMAGES = ("images[].imageTag", "failures[].imageId.imageTag", "failures[].failureCode")
# Each item of the guide's checklist: the fields that answer it.
_FIELDS: dict[int, tuple[_Field, ...]] = {
    1: tuple(_Field("service", f"deployments[].{name}", "services[0].") for name in ("rolloutState", "status")),
    2: (*_tasks("healthStatus", "lastStatus"), *_TARGETS),
    3: _containers("environment[].name", "secrets[].name"),
    4: (*_containers("healthCheck.command"), *_groups("HealthCheckPath", "HealthCheckProtocol", "Matcher.HttpCode")),
    5: (*_containers("image"), *(_Field("image_tags", path) for path in _IMAGES)),
    6: _tasks("lastStatus", "pullStoppedAt", "stopCode", "stoppedReason"),
    7: (*_tasks("startedAt", "containers[].exitCode", "stopCode"), *_TARGETS),
}


def checklist_evidence(diagnosis: Diagnosis, evidence: Evidence, context: Context) -> Section:
    """The guide's seven questions, each of which opens to show what answered it."""
    section = checklist(diagnosis, evidence, context)
    asked = {answer.item: answer for answer in diagnosis.checklist}
    blocks = tuple(
        replace(block, items=tuple(_opened(item, asked[item.number], evidence, context) for item in block.items))
        if isinstance(block, Checklist)
        else block
        for block in section.blocks
    )
    return replace(section, blocks=blocks)


def _opened(item: Item, answer: Answer, evidence: Evidence, context: Context) -> Item:
    fields = _FIELDS.get(item.number, ())
    lost = evidence.unread(*{field.kind for field in fields})
    facts = (
        Fact(say("guided.evidence.decided", context.lang), cites=cites(answer.verdict, context)),
        Fact(say("guided.evidence.read", context.lang), cites=tuple(_read(fields, evidence, context))),
        Fact(
            say("guided.evidence.unread", context.lang),
            tuple(dict.fromkeys(words.unread(u, context.lang) for u in lost)),
        ),
    )
    shown = tuple(fact for fact in facts if not fact.empty)
    return replace(item, inside=(Facts(shown),) if shown else (), opens=say("guided.evidence.open", context.lang))


def _read(fields: tuple[_Field, ...], evidence: Evidence, context: Context) -> Iterator[str]:
    """A line for each field that was there: operation, field, and each value with how often it was there."""
    for field in fields:
        readings = evidence.all(field.kind)
        found = Counter(text for reading in readings for text in _values(reading, field))
        if found:
            listed = [value if count == 1 else f"{value} ×{count}" for value, count in found.most_common(_MOST)]
            more = [context.say("label.more", count=len(found) - _MOST)] if len(found) > _MOST else []
            where = f"{readings[0].operation} · {field.shown}{field.path}"
            yield f"{where}: {', '.join((*listed, *more))}"


def _values(reading: Reading, field: _Field) -> Iterator[str]:
    data = reading.data.get(field.root, {}) if field.root else reading.data
    for found in _walk(data, field.path.split(".")):
        yield " ".join(map(str, found)) if isinstance(found, list) else str(found)


def _walk(data: Any, path: list[str]) -> Iterator[Any]:
    """What stands at the end of a way through dictionaries and, where a step ends in ``[]``, through lists."""
    if not path:
        if data not in (None, "", []):
            yield data
        return
    name, each, _ = path[0].partition("[]")
    below = data.get(name) if name and isinstance(data, dict) else None if name else data
    for one in (below or []) if each else [below]:
        yield from _walk(one, path[1:])
