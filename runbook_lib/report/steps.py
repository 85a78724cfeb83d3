"""What to do about a fault, step by step, with the commands that do it aimed at the service that was looked at."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import replace
from itertools import count, takewhile

from runbook_lib.diagnosis.messages import names
from runbook_lib.diagnosis.model import Verdict
from runbook_lib.evidence.model import Evidence
from runbook_lib.report import explained, remedies
from runbook_lib.report.blocks import Step
from runbook_lib.report.commands import aimed, in_shell, written
from runbook_lib.report.context import Context
from runbook_lib.report.markup import unticked
from runbook_lib.report.placeholders import placeholders
from runbook_lib.report.rule_values import NOTHING, values, variants
from runbook_lib.text import has, say

_DESCRIBE_IMAGES = ("ecr", "describe-images", "--registry-id", "{registry}", "--repository-name", "{repository}")
_REGISTER = ("ecs", "register-task-definition", "--cli-input-json", "file://{file}")
_UPDATE = ("ecs", "update-service", "--cluster", "{cluster}", "--service", "{service}", "--task-definition")
_REGION = ("--region", "{region}")
_THE_SECRET = ("--secret-id", "{secret}", *_REGION)
_PARAMETERS = (
    *("ssm", "describe-parameters", "--parameter-filters", "Key=Name,Option=Contains,Values={stem}"),
    *("--query", "Parameters[].Name", *_REGION),
)
_LOGS = ("logs", "tail", "{log_group}", "--since", "1h")
_FIX_NETWORK = "network_path_absent.fix"
_HTTPS = "IpProtocol=tcp,FromPort=443,ToPort=443"
NETWORK_COMMANDS: dict[str, tuple[str, ...]] = {
    f"{_FIX_NETWORK}.public-ip.1": (
        *("ecs", "update-service", "--cluster", "{cluster}", "--service", "{service}"),
        *("--network-configuration", "awsvpcConfiguration={{{network},assignPublicIp=ENABLED}}"),
    ),
    f"{_FIX_NETWORK}.route.1": ("ec2", "describe-route-tables", "--route-table-ids", "{place}"),
    f"{_FIX_NETWORK}.nat.1": ("ec2", "describe-nat-gateways", "--nat-gateway-ids", "{place}"),
    f"{_FIX_NETWORK}.endpoint-absent.2": (
        *("ec2", "describe-vpc-endpoints", "--filters", "Name=vpc-id,Values={place}"),
        *("--query", "VpcEndpoints[].[ServiceName,VpcEndpointType,State,PrivateDnsEnabled]"),
    ),
    f"{_FIX_NETWORK}.endpoint-not-available.1": ("ec2", "describe-vpc-endpoints", "--vpc-endpoint-ids", "{place}"),
    f"{_FIX_NETWORK}.endpoint-private-dns.1": (
        *("ec2", "modify-vpc-endpoint", "--vpc-endpoint-id", "{place}", "--private-dns-enabled"),
    ),
    f"{_FIX_NETWORK}.endpoint-closed.1": (
        *("ec2", "authorize-security-group-ingress", "--group-id", "{place}"),
        *("--ip-permissions", _HTTPS + ",UserIdGroupPairs=[{{GroupId={task_group}}}]"),
    ),
    f"{_FIX_NETWORK}.egress.1": (
        *("ec2", "authorize-security-group-egress", "--group-id", "{place}"),
        *("--ip-permissions", _HTTPS + ",IpRanges=[{{CidrIp=0.0.0.0/0}}]"),
    ),
    f"{_FIX_NETWORK}.acl.1": ("ec2", "describe-network-acls", "--network-acl-ids", "{place}"),
}
_MODIFY = ("elbv2", "modify-target-group", "--target-group-arn", "{target_group_arn}")
# The steps that look whether a target has become healthy.
_LAST_LOOKS = (
    "health_check_path_mismatch.fix.target_group.2",
    "health_check_port.fix.port.2",
    "health_check_code.fix.path.3",
    "health_check_code.fix.redirect.3",
    "health_check_code.fix.matcher.3",
    "health_check_code.fix.denied.2",
    "health_check_timeout.fix.blocked.2",
    "target_group_detached.fix.listener.2",
    "target_group_detached.fix.zone.3",
)
# The command of a step by the key of its words in text/rules.yaml. Region, profile and endpoint are added to each.
COMMANDS: dict[str, tuple[str, ...]] = {
    "register": _REGISTER,
    "deploy": (*_UPDATE, "{family}"),
    "joint.register": _REGISTER,
    "joint.deploy": (*_UPDATE, "{family}"),
    "image_tag_absent.fix.tags.2": (*_DESCRIBE_IMAGES, "--region", "{region}"),
    "image_tag_absent.fix.no-tags.2": (*_DESCRIBE_IMAGES, "--region", "{region}"),
    "image_tag_absent.fix.no-repository.1": (
        *("ecr", "describe-repositories", "--registry-id", "{registry}"),
        *("--region", "{region}"),
    ),
    **NETWORK_COMMANDS,
    "image_platform_mismatch.fix.1": (
        *("docker", "buildx", "build", "--platform", "{platform}", "--tag", "{image}", "--push", "."),
    ),
    "image_platform_mismatch.fix.3": (*_UPDATE, "{revision}", "--force-new-deployment"),
    "container_check_failing.fix.tool.1": (
        *("docker", "run", "--rm", "--entrypoint", "sh", "{image}", "-c", "command -v {tool}"),
    ),
    "secret_absent.fix.deleted.1": (*("secretsmanager", "restore-secret"), *_THE_SECRET),
    "secret_absent.fix.no-version.1": (*("secretsmanager", "list-secret-version-ids"), *_THE_SECRET),
    "secret_absent.fix.no-version.2": (
        *("secretsmanager", "put-secret-value", "--secret-string", "file://secret.json"),
        *_THE_SECRET,
    ),
    "secret_absent.fix.parameter.1": _PARAMETERS,
    "secret_absent.fix.parameter.3": (
        *("ssm", "put-parameter", "--name", "{secret}", "--type", "SecureString"),
        *("--value", "file://parameter.txt", *_REGION),
    ),
    "secret_absent.fix.invalid-name.2": _PARAMETERS,
    "secret_absent.fix.secret.3": (
        *("secretsmanager", "create-secret", "--name", "{secret_name}", "--secret-string", "file://secret.json"),
        *_REGION,
    ),
    "secret_absent.fix.secret.1": (*("secretsmanager", "list-secrets", "--query", "SecretList[].ARN"), *_REGION),
    "log_group_absent.fix.group.1": (*("logs", "create-log-group", "--log-group-name", "{log_group}"), *_REGION),
    "application_exited.fix.exited.1": _LOGS,
    "application_exited.fix.heap.2": _LOGS,
    "application_exited.fix.address-in-use.1": _LOGS,
    "application_exited.fix.variable.2": _LOGS,
    "application_exited.fix.oom.2": _LOGS,
    "health_check_path_mismatch.fix.target_group.1": (
        *("elbv2", "modify-target-group", "--target-group-arn", "{target_group_arn}"),
        *("--health-check-path", "{container_path}", "--health-check-port", "{other_port}"),
    ),
    "health_check_port.fix.port.1": (
        *("elbv2", "modify-target-group", "--target-group-arn", "{target_group_arn}"),
        *("--health-check-port", "traffic-port"),
    ),
    "health_check_code.fix.application.1": _LOGS,
    "health_check_code.fix.path.1": (*_MODIFY, "--health-check-path", "PATH"),
    "health_check_code.fix.redirect.1": (*_MODIFY, "--health-check-path", "PATH"),
    "health_check_code.fix.redirect.2": (*_MODIFY, "--matcher", "HttpCode={widened}"),
    "health_check_code.fix.matcher.1": (*_MODIFY, "--matcher", "HttpCode={widened}"),
    "health_check_code.fix.denied.1": (*_MODIFY, "--health-check-path", "PATH"),
    "health_check_timeout.fix.blocked.1": (
        *("ec2", "authorize-security-group-ingress", "--group-id", "{task_group}", "--protocol", "tcp"),
        *("--port", "{port}", "--source-group", "{balancer_group}"),
    ),
    "health_check_timeout.fix.slow.2": (*_MODIFY, "--health-check-timeout-seconds", "SECONDS"),
    "target_group_detached.fix.listener.1": (
        *("elbv2", "describe-target-groups", "--target-group-arns", "{target_group_arn}"),
        *("--query", "TargetGroups[].LoadBalancerArns"),
    ),
    "target_group_detached.fix.zone.1": (
        *("elbv2", "describe-load-balancers", "--load-balancer-arns", "{balancer_arn}"),
        *("--query", "LoadBalancers[].AvailabilityZones[].[ZoneName,SubnetId]"),
    ),
    "start_too_slow.fix.target_group.2": (
        *("ecs", "update-service", "--cluster", "{cluster}", "--service", "{service}"),
        *("--health-check-grace-period-seconds", "{needed}"),
    ),
    "container_check_failing.fix.code.1": _LOGS,
    "container_check_failing.fix.silent.1": _LOGS,
    "container_check_failing.fix.unknown.1": _LOGS,
    "container_check_failing.fix.unread.1": _LOGS,
    **dict.fromkeys(_LAST_LOOKS, ("elbv2", "describe-target-health", "--target-group-arn", "{target_group_arn}")),
    "deployments_overlapping.fix.stop": (
        *("ecs", "stop-task", "--cluster", "{cluster}", "--task", "{task}"),
        *("--reason", "Stopping unhealthy task to allow clean deployment"),
    ),
    "deployments_overlapping.fix.back.2": (*_UPDATE, "{last_completed}"),
    "deployments_overlapping.fix.wait": (
        *("ecs", "describe-services", "--cluster", "{cluster}", "--services", "{service}"),
        *("--query", "services[0].deployments[].rolloutState"),
    ),
    "secret_env_duplicate.fix.register": _REGISTER,
    "nothing_desired.fix.1": (
        *("ecs", "update-service", "--cluster", "{cluster}", "--service", "{service}", "--desired-count", "1"),
    ),
}
# The wordings of a fix that change the task definition; nothing of them works before a new revision is deployed.
_EDITS: dict[str, tuple[str, ...]] = {
    "image_tag_absent": ("tags", "no-repository"),
    "application_exited": ("oom", "heap", "variable"),
    "secret_absent": ("invalid-name",),
    "log_group_absent": ("option",),
    "execution_role_denied": ("nobody",),
    "execution_role_unassumable": ("absent",),
    "health_check_path_mismatch": ("container", "container-likely"),
    "secret_env_duplicate": ("named", "unnamed"),
    "health_check_port": ("container", "listens"),
    "start_too_slow": ("container",),
    "container_check_failing": ("code", "port", "tool"),
    "check_cannot_fail": ("never-fails", "ignores-status", "ignores-comparison"),
}


# The rules whose fix leaves the task definition as it is, in these wordings, and needs another attempt of ECS.
_ATTEMPTS: dict[str, tuple[str, ...]] = {
    "secret_absent": ("deleted", "no-version", "parameter"),  # a secret made anew has another ARN
    "log_group_absent": ("group",),
    "image_tag_absent": ("no-tags",),
    "network_path_absent": (
        "route",
        "nat",
        "endpoint-absent",
        "endpoint-private-dns",
        "endpoint-closed",
        "egress",
        "acl",
    ),
}


def needs_revision(verdict: Verdict) -> bool:
    """Whether the fix is a change of the task definition, which has to be registered and deployed."""
    edits = _EDITS.get(verdict.rule, ())
    return any(variant in edits for variant in variants(verdict))


def jointly(causes: tuple[Verdict, ...]) -> bool:
    """Whether several causes need a new revision: to deploy one a cause would deploy those not yet corrected."""
    return sum(map(needs_revision, causes)) > 1


def fix(verdict: Verdict, evidence: Evidence, context: Context, *, joint: bool = False) -> list[Step]:
    """What to do, with names, tags and paths filled in; where ``joint``, without the registering that all share."""
    filled = values(verdict, context.lang)
    tasks = [str(task) for task in verdict.facts.get("superseded_unhealthy") or []]
    found = [_step("deployments_overlapping.fix.stop", evidence, context, filled | {"task": task}) for task in tasks]
    after = () if joint and needs_revision(verdict) else _after(verdict)
    again = () if joint else _again(verdict, evidence)
    found += list(_exact(verdict, evidence, context, filled, joint=joint))
    found += [_step(key, evidence, context, filled) for key in after]
    found += [_todo(each, evidence, context, filled) for each in again]
    # A step whose value is not known (a log group, say) would be a command that cannot be run.
    return [step for step in found if NOTHING not in step.text + step.command]


def closing(evidence: Evidence, context: Context) -> list[Step]:
    """The steps that several causes share: every change in one revision, registered once and deployed once."""
    return [_step(key, evidence, context, {}) for key in ("joint.register", "joint.deploy")]


def _step(key: str, evidence: Evidence, context: Context, facts: dict[str, str]) -> Step:
    argv = COMMANDS.get(key) or ("",)
    if argv[0] == "docker":
        command = in_shell(tuple(word.format(**facts) for word in argv))
    else:
        command = aimed(argv, evidence, context.commands, facts) if argv[0] else ""
    return Step(say(f"rules.{key}", context.lang, **facts), command)


def _again(verdict: Verdict, evidence: Evidence) -> tuple[remedies.Todo, ...]:
    """The same revision once more, where ECS has given it up."""
    fixed = any(variant in _ATTEMPTS.get(verdict.rule, ()) for variant in variants(verdict))
    needed = fixed and not needs_revision(verdict) and not remedies.is_trying(evidence)
    return remedies.redeploy(evidence) if needed else ()


def _exact(
    verdict: Verdict, evidence: Evidence, context: Context, filled: dict[str, str], *, joint: bool
) -> Iterator[Step]:
    """What evidence makes exact; else the words of the rule; else those of the label."""
    exact = remedies.of(verdict, evidence)
    if exact:
        yield from (_todo(each, evidence, context, filled) for each in exact if not (joint and each.again))
    elif own := _numbered(verdict):
        yield from (_step(key, evidence, context, filled) for key in own)
    else:
        yield from _told(verdict, evidence, context)


def _todo(todo: remedies.Todo, evidence: Evidence, context: Context, filled: dict[str, str]) -> Step:
    if todo.key.startswith("rules."):
        return _step(todo.key.removeprefix("rules."), evidence, context, filled)
    options = context.commands if todo.ours else replace(context.commands, profile="")
    command = written(todo.argv, evidence, options) + todo.after if todo.argv else ""
    return Step(say(todo.key, context.lang, **{name: _marked(fact) for name, fact in todo.facts.items()}), command)


def _marked(fact: str | tuple[str, ...]) -> str:
    """A value for a pair of code marks; several get a pair each."""
    return "`, `".join(map(unticked, fact)) if isinstance(fact, tuple) else unticked(fact)


def _told(verdict: Verdict, evidence: Evidence, context: Context) -> Iterator[Step]:
    """The steps of the catalogue of causes, with the names that target and message hold."""
    told = names(str(verdict.facts.get("message", "")))  # in characters that no shell reads
    known = {name: shlex.quote(unticked(value)) for name, value in placeholders(verdict, evidence).items()}
    for step in explained.steps(verdict.label, context.lang, told | known):
        yield Step(step.text, _aimed(step.command, evidence, context))


def _aimed(command: str, evidence: Evidence, context: Context) -> str:
    """A command of the catalogue as one for this service's Region and profile."""
    program, *argv = shlex.split(command) if command else ("",)
    words = tuple(word.replace("{", "{{").replace("}", "}}") for word in argv)  # names are no templates
    return aimed(words, evidence, context.commands, {}) if program == "aws" else command


def _numbered(verdict: Verdict) -> list[str]:
    root = f"{verdict.rule}.fix"
    starts = (f"{root}.{name}" for name in variants(verdict) if name)
    start = next((key for key in starts if has(f"rules.{key}.1")), root)
    return list(takewhile(lambda key: has(f"rules.{key}"), (f"{start}.{number}" for number in count(1))))


def _after(verdict: Verdict) -> tuple[str, ...]:
    """A change of the task definition has to be registered and deployed; one of a target group works at once."""
    if verdict.rule == "deployments_overlapping":
        return ("deployments_overlapping.fix.wait",)
    if verdict.rule == "secret_env_duplicate":
        return ("secret_env_duplicate.fix.register",)
    return ("register", "deploy") if needs_revision(verdict) else ()
