"""The exact AWS CLI command of each change of a plan, aimed where we looked, and our own commands."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from runbook_lib.evidence.model import Evidence
from runbook_lib.plan.model import Change, Plan
from runbook_lib.report.commands import aimed, in_shell
from runbook_lib.report.context import Context
from runbook_lib.report.formats import revision
from runbook_lib.report.plan_edits import jq_program

Words = tuple[str, ...]
_LONG_LINE = 96
_FILE = "task-definition.json"
_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def command(change: Change, plan: Plan, evidence: Evidence, context: Context) -> str:
    """The command for a shell that makes a change; ``""`` where a file is edited, which its difference shows."""
    if change.kind == "register":
        return _register(change, evidence, context)
    if change.kind == "restore-file":
        return in_shell(("mv", str(change.about["backup"]), str(change.about["path"])))
    if change.kind == "edit-file":
        return ""
    return _aws(_words(change, plan), evidence, context)


def _words(change: Change, plan: Plan) -> Words:
    about, after = change.about, change.after
    if change.kind == "update-service":
        return ("ecs", "update-service", *_of_service(plan), *_members(change, plan))
    if change.kind == "roll-back":
        return (
            *("ecs", "stop-service-deployment", "--service-deployment-arn", str(about["service_deployment"])),
            *("--stop-type", "ROLLBACK"),
        )
    if change.kind == "stop-task":
        where = ("--cluster", plan.target.cluster, "--task", str(about["task"]))
        return ("ecs", "stop-task", *where, "--reason", str(after["reason"]))
    if change.kind == "modify-target-group":
        named = ("--target-group-arn", str(about["target_group_arn"]))
        return ("elbv2", "modify-target-group", *named, *_options(after))
    if change.kind == "create-log-group":
        return ("logs", "create-log-group", "--log-group-name", str(about["log_group"]))
    return ("ecs", "deregister-task-definition", "--task-definition", revision(str(about["revision"])))


def _of_service(plan: Plan) -> Words:
    return ("--cluster", plan.target.cluster, "--service", plan.target.service)


def _members(change: Change, plan: Plan) -> Words:
    """What UpdateService sets. The family alone is its newest revision: the one that was registered just before."""
    members = {name: value for name, value in change.after.items() if value not in ("", None)}
    definition = revision(str(members.pop("taskDefinition", "")))
    force = ("--force-new-deployment",) if members.pop("forceNewDeployment", False) else ()
    return ("--task-definition", definition or family(plan), *_options(members), *force)


def family(plan: Plan) -> str:
    """The family whose new revision a plan registers, else that of the revision it was made against."""
    registered = (str(change.about["family"]) for change in plan.changes if change.kind == "register")
    return next(registered, revision(plan.base.get("revision", "")).partition(":")[0])


def _options(members: Mapping[str, Any]) -> Iterator[str]:
    """Members of a request as the AWS CLI's options: ``HealthCheckPath`` is ``--health-check-path``."""
    for name, value in members.items():
        yield "--" + _CAPITAL.sub("-", name).lower()
        yield value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def _aws(words: Words, evidence: Evidence, context: Context) -> str:
    escaped = tuple(word.replace("{", "{{").replace("}", "}}") for word in words)  # names are no templates
    return aimed(escaped, evidence, context.commands, {})


def _register(change: Change, evidence: Evidence, context: Context) -> str:
    """As the guide registers a file; a revision is described and edited on its way into one."""
    path = change.about.get("path")
    registering = ("ecs", "register-task-definition", "--cli-input-json", f"file://{path or _FILE}")
    register = _aws(registering, evidence, context)
    if path:
        return register
    query = ("--query", "taskDefinition", "--output", "json")
    describing = ("ecs", "describe-task-definition", "--task-definition", revision(str(change.about["base"])), *query)
    edit = f"jq '{jq_program(change.edits)}' > {_FILE}"
    return f"{_aws(describing, evidence, context)} \\\n  | {edit}\n{register}"


def ours(*words: str) -> str:
    """A command of this program for a shell: one line, or one option a line where that would be long."""
    line = shlex.join(("ecs-runbook", *words))
    if len(line) <= _LONG_LINE:
        return line
    parts = [f" \\\n  {shlex.quote(word)}" if word.startswith("-") else f" {shlex.quote(word)}" for word in words]
    return "ecs-runbook" + "".join(parts)
