"""Why a container ended: by its reason, else by the sentences that its log is known to hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from runbook_lib.diagnosis import logs, tasks
from runbook_lib.diagnosis.messages import is_out_of_memory, judge
from runbook_lib.diagnosis.tasks import Task
from runbook_lib.evidence.model import Evidence, Request

# What ECS's reason for a container may name; the rest is "Essential container in task exited" and tells nothing.
_TOLD = ("container-exec-format", "container-entrypoint-missing", "container-runtime-error")
_NOT_RUN = (126, 127)  # exit codes of a shell that could not run a program, or did not find it
# Sentence of a log -> the kind of end and its label, the most telling first.
_KINDS = {
    "exec-format": ("exec-format", "container-exec-format"),
    "exec-failed": ("entrypoint-missing", "container-entrypoint-missing"),
    "command-not-found": ("entrypoint-missing", "container-entrypoint-missing"),
    "command-not-permitted": ("entrypoint-missing", "container-entrypoint-missing"),
    "heap-exhausted": ("heap", "out-of-memory"),
    "address-in-use": ("address-in-use", ""),
    "variable-missing": ("variable", ""),
}


@dataclass(frozen=True)
class End:
    """How a task's container ended: ``kind`` chooses the words, ``label`` is the catalogue's or empty for its own.

    ``sentence`` is the known sentence of the log that tells it, empty where ECS's reason does or nothing does.
    """

    kind: str = "exited"
    label: str = ""
    sentence: str = ""
    variable: str = ""


def culprit(evidence: Evidence, task: Task) -> dict[str, Any]:
    """The essential container that ended: out of memory first, then by a bad exit code; the rest were stopped after."""
    definition = evidence.task_definitions().get(task.get("taskDefinitionArn", ""), {})
    optional = {c.get("name") for c in definition.get("containerDefinitions") or [] if not c.get("essential", True)}
    found: list[dict[str, Any]] = [c for c in task.get("containers") or [] if c.get("name") not in optional]
    return min(found, key=_guilt, default={})


def could_not_run(task: Task) -> bool:
    """Whether a task never started because the runtime could not run its container, as its reason says."""
    return task.get("stopCode") == "TaskFailedToStart" and bool(_told((task,)))


def end_of(evidence: Evidence, exited: tuple[Task, ...]) -> End:
    """Why the containers of these tasks ended, of which the first is the newest."""
    if any(is_out_of_memory(text) for task in exited for text in tasks.texts(task)):
        return End("oom", "out-of-memory")
    if label := _told(exited):
        return End(label.removeprefix("container-"), label)
    code = culprit(evidence, exited[0]).get("exitCode")
    said = logs.sentences(evidence, exited)
    found = (_end(evidence, exited[0], sentence) for sign in _KINDS for sentence in said if sentence["sign"] == sign)
    fitting = (end for end in found if not end.sentence.startswith("command-") or code in _NOT_RUN)
    return next((end for end in fitting if end.sentence), End())


def requests(evidence: Evidence, exited: tuple[Task, ...], most: int) -> tuple[Request, ...]:
    """The logs of the newest of these tasks, unless ECS's reason tells already why they ended."""
    if not exited or end_of(evidence, exited).kind != "exited":
        return ()
    named = ((task, str(culprit(evidence, task).get("name", ""))) for task in exited)
    found = (logs.lines_request(evidence, task, name) for task, name in named)
    return tuple(wish for wish in found if wish)[:most]


def _end(evidence: Evidence, task: Task, sentence: dict[str, Any]) -> End:
    kind, label = _KINDS[sentence["sign"]]
    variable = str(sentence.get("name", ""))
    if variable and variable in _defined(evidence, task):
        return End()  # it is given, so its absence is not why
    return End(kind, label, sentence["sign"], variable)


def _defined(evidence: Evidence, task: Task) -> set[str]:
    """The names of variables and secrets that the task's containers are given."""
    definition = evidence.task_definitions().get(task.get("taskDefinitionArn", ""), {})
    return set(_names(definition))


def _names(definition: dict[str, Any]) -> Iterator[str]:
    for container in definition.get("containerDefinitions") or []:
        for entry in (*(container.get("environment") or []), *(container.get("secrets") or [])):
            yield str(entry.get("name", ""))


def _told(exited: tuple[Task, ...]) -> str:
    labels = (judge(text, presumed=True).label for task in exited for text in tasks.texts(task))
    return next((label for label in labels if label in _TOLD), "")


def _guilt(container: dict[str, Any]) -> int:
    """Lower is likelier: 137 and 143 may be ECS stopping the others, 0 may be a clean stop."""
    code = container.get("exitCode")
    if is_out_of_memory(container.get("reason") or ""):
        return 0
    return {None: 4, 0: 2, 137: 3, 143: 3}.get(code, 1)
