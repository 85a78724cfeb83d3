"""The guide's AWS CLI commands with this service's names filled in; what is not known stays a placeholder."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from runbook_lib.evidence.model import Evidence, Target
from runbook_lib.text.visible import UNSEEN, unseen

TASK, NEW_TASK, REVISION = "<TASK_ARN>", "<NEW_TASK_ARN>", "<NEW_REVISION>"
# DescribeTasks takes 100; more than this would not be read.
MOST_TASKS = 10
_LONG_LINE = 96
_SPECIAL = re.compile(rf"[{UNSEEN}\t\n\\'\"]")

_SERVICE = (
    "services[0].{status:status,runningCount:runningCount,desiredCount:desiredCount,pendingCount:pendingCount,"
    "deployments:deployments[*].{status:status,taskDefinition:taskDefinition,runningCount:runningCount,"
    "rolloutState:rolloutState}}"
)
_TASKS = "tasks[*].{taskArn:taskArn,lastStatus:lastStatus,healthStatus:healthStatus,stoppedReason:stoppedReason}"
_IMAGES = "imageDetails[*].{tags:imageTags,digest:imageDigest,pushed:imagePushedAt}"
_PROGRESS = "services[0].{runningCount:runningCount,pendingCount:pendingCount,deployments:deployments[0].rolloutState}"


@dataclass(frozen=True)
class CommandOptions:
    """What every command needs where we look: an endpoint other than AWS's, a profile, the task definition's file."""

    endpoint_url: str = ""
    profile: str = ""
    task_definition_file: str = ""


@dataclass(frozen=True)
class Command:
    """One command: the key of its title in ``text/report.yaml`` and its arguments, unquoted."""

    title_key: str
    argv: tuple[str, ...]

    @property
    def name(self) -> str:
        """The last part of the key: ``service_state``."""
        return self.title_key.rpartition(".")[2]

    @property
    def text(self) -> str:
        """The command for a POSIX shell: quoted, one option a line where it is long."""
        return in_shell(self.argv)


@dataclass(frozen=True)
class _Names:
    """What the commands are filled with."""

    target: Target
    options: CommandOptions
    tasks: tuple[str, ...] = ()
    unhealthy: str = TASK
    newest: str = NEW_TASK
    family: str = "<FAMILY>"
    desired: str = "1"
    repository: tuple[str, ...] = ("--repository-name", "<REPOSITORY>")
    ecr_region: str = ""
    tags: tuple[str, ...] = ("imageTag=<TAG>",)
    groups: tuple[str, ...] = ("<TARGET_GROUP_ARN>",)
    balancers: tuple[str, ...] = ("<ALB_NAME>",)
    path: str = "/"
    file: str = field(default="task-definition.json")


def commands(about: Evidence | Target, options: CommandOptions | None = None) -> tuple[Command, ...]:
    """The guide's commands in its order: five of the diagnosis, five steps of the fix, and the rest of its collection.

    With a :class:`Target` alone (no AWS) cluster, service and region are filled in and the rest are placeholders.
    """
    options = options or CommandOptions()
    names = _from_evidence(about, options) if isinstance(about, Evidence) else _Names(about, options)
    return (*_diagnosis(names), *_remedy(names), *_collection(names))


def command(found: tuple[Command, ...], name: str) -> Command:
    """The command of that name, such as ``service_state``."""
    return next(c for c in found if c.name == name)


def of_account(about: Target, options: CommandOptions) -> tuple[Command, ...]:
    """The commands that list an account's clusters and, where one is named, its services."""
    n = _Names(about, options)
    clusters = Command("starting.command.clusters", _aws(n, "ecs", "list-clusters"))
    services = Command("starting.command.services", _aws(n, "ecs", "list-services", "--cluster", about.cluster))
    return (clusters, services) if about.cluster else (clusters,)


def aimed(argv: tuple[str, ...], evidence: Evidence, options: CommandOptions, facts: Mapping[str, str]) -> str:
    """One more AWS CLI command, such as a fix step's: aimed by the same options as all others, every value quoted.

    ``argv`` begins with the AWS service and may hold ``{fact}``. Cluster, service, family and file are known without
    being among the facts. An option whose value is empty is left out; one that is there already is not repeated.
    """
    n = _from_evidence(evidence, options)
    known = {"cluster": n.target.cluster, "service": n.target.service, "family": n.family, "file": n.file}
    words = [word.format(**(known | {k: v for k, v in facts.items() if v or k not in known})) for word in argv]
    kept = [word for word, after in zip(words, (*words[1:], "end"), strict=True) if word and after]
    return in_shell(_aws(n, *kept))


def written(argv: tuple[str, ...], about: Evidence, options: CommandOptions) -> str:
    """A command whose words are whole already: of the AWS CLI aimed as all others are, any other as it is."""
    return in_shell(argv if argv[0] == "docker" else _aws(_Names(about.target, options), *argv))


def in_shell(argv: tuple[str, ...]) -> str:
    """Arguments as one line, or one option a line with ``\\`` where that line would be long."""
    line = " ".join(_quoted(word) for word in argv)
    if len(line) <= _LONG_LINE:
        return line
    groups: list[list[str]] = [[]]
    for word in argv:
        if word.startswith("--"):
            groups.append([])
        groups[-1].append(_quoted(word))
    return " \\\n  ".join(" ".join(group) for group in groups)


def _quoted(word: str) -> str:
    """Quoted by shlex, or in double quotes where that is as safe and spares the reader ``'"'"'``.

    A word that holds what cannot be seen is written ``$'...'`` with octal bytes, as bash, zsh and POSIX since 2024 read
    it: what is seen is what is run, and no part of a name looks like a line of its own.
    """
    if unseen(word):
        return f"$'{_SPECIAL.sub(_octal, word)}'"
    if "'" in word and not re.search(r'["$`\\!\n]', word):
        return f'"{word}"'
    return shlex.quote(word)


def _octal(match: re.Match[str]) -> str:
    return "".join(f"\\{byte:03o}" for byte in match[0].encode("utf-8", "surrogatepass"))


def _diagnosis(n: _Names) -> list[Command]:
    service = ("--services", n.target.service)
    return [
        _ecs(n, "service_state", "describe-services", *service, "--query", _SERVICE, "--output", "table"),
        _ecs(n, "running_tasks", "list-tasks", "--service-name", n.target.service),
        _ecs(n, "stopped_tasks", "list-tasks", "--service-name", n.target.service, "--desired-status", "STOPPED"),
        _ecs(n, "task_details", "describe-tasks", "--tasks", *(n.tasks or (TASK,)), "--query", _TASKS),
        _ecs(
            n,
            "service_events",
            "describe-services",
            *service,
            "--query",
            "services[0].events[:10]",
            "--output",
            "table",
        ),
        _ecr(n, "image_tags", "describe-images", "--query", _IMAGES, "--output", "table"),
        _ecr(n, "image_by_tag", "batch-get-image", "--image-ids", *n.tags, "--query", "failures"),
    ]


def _remedy(n: _Names) -> list[Command]:
    reason = "Stopping unhealthy task to allow clean deployment"
    progress = _aws(n, "ecs", "describe-services", *_cluster(n), "--services", n.target.service, "--query", _PROGRESS)
    health = "tasks[0].{lastStatus:lastStatus,healthStatus:healthStatus}"
    update = (
        "--service",
        n.target.service,
        "--task-definition",
        f"{n.family}:{REVISION}",
        "--desired-count",
        n.desired,
    )
    return [
        _ecs(n, "stop_task", "stop-task", "--task", n.unhealthy, "--reason", reason),
        _command("register", _aws(n, "ecs", "register-task-definition", "--cli-input-json", f"file://{n.file}")),
        _ecs(n, "update_service", "update-service", *update, "--force-new-deployment"),
        _command("watch", ("watch", "-n", "30", " ".join(_quoted(word) for word in progress))),
        _ecs(n, "task_health", "describe-tasks", "--tasks", n.newest, "--query", health),
        _command("load_balancer", _balancers(n, "--query", "LoadBalancers[0].DNSName", "--output", "text")),
        _command("curl", ("curl", f"https://<ALB_DNS_NAME>{n.path}", "-k", "-I", "--connect-timeout", "10")),
    ]


def _collection(n: _Names) -> list[Command]:
    groups = ("describe-target-groups", "--target-group-arns", *n.groups)
    health = ("describe-target-health", "--target-group-arn", n.groups[0])
    return [
        _command("target_groups", _aws(n, "elbv2", *groups)),
        _command("target_health", _aws(n, "elbv2", *health)),
    ]


def _command(name: str, argv: tuple[str, ...]) -> Command:
    return Command(f"report.commands.{name}", argv)


def _aws(n: _Names, service: str, operation: str, *rest: str, region: str = "") -> tuple[str, ...]:
    where = "" if "--region" in rest else region or n.target.region
    common = ("--region", where) if where else ()
    profile = ("--profile", n.options.profile) if n.options.profile else ()
    endpoint = ("--endpoint-url", n.options.endpoint_url) if n.options.endpoint_url else ()
    return ("aws", service, operation, *rest, *common, *profile, *endpoint)


def _cluster(n: _Names) -> tuple[str, str]:
    return ("--cluster", n.target.cluster)


def _ecs(n: _Names, name: str, operation: str, *rest: str) -> Command:
    return _command(name, _aws(n, "ecs", operation, *_cluster(n), *rest))


def _ecr(n: _Names, name: str, operation: str, *rest: str) -> Command:
    return _command(name, _aws(n, "ecr", operation, *n.repository, *rest, region=n.ecr_region))


def _balancers(n: _Names, *rest: str) -> tuple[str, ...]:
    return _aws(n, "elbv2", "describe-load-balancers", "--names", *n.balancers, *rest)


def _from_evidence(evidence: Evidence, options: CommandOptions) -> _Names:
    known: dict[str, Any] = {
        "tasks": tuple(_task_id(task) for task in islice(evidence.tasks(), MOST_TASKS)),
        "unhealthy": _unhealthy(evidence),
        "newest": _newest(evidence),
        "family": _family(evidence),
        "desired": str(evidence.service["desiredCount"]) if "desiredCount" in evidence.service else "",
        "file": options.task_definition_file or evidence.data("task_definition_file", {}).get("path", ""),
        **_from_images(evidence),
        **_from_groups(evidence),
    }
    return _Names(evidence.target, options, **{name: value for name, value in known.items() if value})


def _task_id(task: dict[str, Any]) -> str:
    return str(task.get("taskArn", "")).rpartition("/")[2]


def _unhealthy(evidence: Evidence) -> str:
    living = evidence.tasks(desired="RUNNING")
    return next((_task_id(t) for t in living if t.get("healthStatus") == "UNHEALTHY"), "")


def _newest(evidence: Evidence) -> str:
    primary: dict[str, Any] = next(
        (d for d in evidence.service.get("deployments", ()) if d.get("status") == "PRIMARY"), {}
    )
    mine = [t for t in evidence.tasks(desired="RUNNING") if t.get("startedBy") == primary.get("id")]
    return _task_id(max(mine, key=lambda t: str(t.get("createdAt", "")))) if mine else ""


def _family(evidence: Evidence) -> str:
    arn = str(evidence.service.get("taskDefinition", ""))
    return arn.rpartition("/")[2].partition(":")[0]


def _from_images(evidence: Evidence) -> dict[str, Any]:
    """The repository as ECR needs it; the registry is named only where it is another account's."""
    asked = [r.request for kind in ("image_tags", "images") for r in evidence.all(kind)]
    asked += [u.request for u in evidence.unread("image_tags", "images")]
    if not asked:
        return {}
    first = asked[0]
    other = first["registry"] and first["registry"] != evidence.target.account
    registry = ("--registry-id", first["registry"]) if other else ()
    named = [tag for request in asked for tag in request["tags"].split(",") if tag]
    ids = (f"imageDigest={tag}" if tag.startswith("sha256:") else f"imageTag={tag}" for tag in dict.fromkeys(named))
    where = first["region"] if first["region"] != evidence.target.region else ""
    return {
        "repository": (*registry, "--repository-name", first["repository"]),
        "ecr_region": where,
        "tags": tuple(ids),
    }


def _from_groups(evidence: Evidence) -> dict[str, Any]:
    groups: list[dict[str, Any]] = evidence.data("target_groups", [])
    named = [str(b["targetGroupArn"]) for b in evidence.service.get("loadBalancers", ()) if b.get("targetGroupArn")]
    balancers = (arn.split("/")[2] for g in groups for arn in g.get("LoadBalancerArns", ()) if arn.count("/") >= 2)
    return {
        "groups": tuple(dict.fromkeys([*named, *(str(g.get("TargetGroupArn")) for g in groups)])),
        "balancers": tuple(dict.fromkeys(balancers)),
        "path": next((_path(g["HealthCheckPath"]) for g in groups if g.get("HealthCheckPath")), ""),
    }


def _path(asked: object) -> str:
    """A path without its query, which is masked where there is one."""
    return str(asked).partition("?")[0]
