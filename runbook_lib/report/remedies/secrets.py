"""A secret or parameter of which ECS says that it cannot be had: which one, and what it takes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from runbook_lib.diagnosis import deployments, grants, references
from runbook_lib.diagnosis.denials import By, Denial
from runbook_lib.diagnosis.model import Verdict
from runbook_lib.diagnosis.references import Reference
from runbook_lib.evidence.model import Evidence
from runbook_lib.report.remedies import roles
from runbook_lib.report.remedies.model import Facts, Todo, partition, redeploy

_KEY = re.compile(r"did not contain json key (\S+)")
_NO_JSON = re.compile(r"invalid character|looking for beginning of|unexpected end of JSON")
_PARAMETERS = re.compile(r"invalid ssm parameters: ([^\s].*)", re.IGNORECASE)
_ACTION = re.compile(r"not authorized to perform: ((?:secretsmanager|ssm|kms):\w+)(?:\s+on resource: (arn:\S+))?")
_KMS = re.compile(r"Access to KMS is not allowed|kms:Decrypt")
_BY: dict[By, re.Pattern[str]] = {
    "organization": re.compile("service control policy|resource control policy"),
    "boundary": re.compile("permissions boundary"),
    "statement": re.compile("explicit deny"),
}


def absent(verdict: Verdict, evidence: Evidence) -> Iterator[Todo]:
    """Out of ECS's words and the task definition: a key that is not there, a value without keys, a name."""
    message = str(verdict.facts.get("message", ""))
    named = references.of(deployments.newest_definition(evidence), evidence.target.region)
    if found := _KEY.search(message):
        yield from _values("key", evidence, [each for each in named if each.key == found[1]])
    elif _NO_JSON.search(message):
        yield from _values("json", evidence, [each for each in named if each.key])
    elif found := _PARAMETERS.search(message):
        lacking = [each for each in named if each.kind == "parameter" and each.id in found[1]]
        yield from _to_look_for(evidence, lacking)
    else:
        secrets = [each for each in named if each.kind == "secret"]
        yield from _to_look_for(evidence, [each for each in secrets if each.id in message] or secrets)


def _values(kind: str, evidence: Evidence, fits: list[Reference]) -> Iterator[Todo]:
    """The secrets that the message may mean, each with its keys that are asked for; their values are never printed."""
    secrets = {each.id: each for each in reversed(fits)}
    if len(secrets) > 1:
        yield Todo(f"remedies.secret.{kind}-one-of", (), {"secrets": tuple(sorted(secrets))})
    for number, (name, each) in enumerate(sorted(secrets.items()), 1):
        file = f"secret-{number}.json" if len(secrets) > 1 else "secret.json"
        keys = tuple(sorted({one.key for one in fits if one.id == name}))
        facts: Facts = {"secret": name, "keys": keys, "file": file}
        yield from _rewritten(kind, each, facts)
    if secrets:
        yield from redeploy(evidence)
        yield Todo(f"remedies.secret.{kind}-else", (), _entry(fits[0]))


def _rewritten(kind: str, secret: Reference, facts: Facts) -> Iterator[Todo]:
    file = facts["file"]
    which = ("--secret-id", secret.id, "--region", secret.region)
    stage = ("--version-stage", secret.stage) if secret.stage else ()
    read = ("secretsmanager", "get-secret-value", *which, *stage, "--query", "SecretString", "--output", "text")
    put = ("secretsmanager", "put-secret-value", *which, "--secret-string", f"file://{file}")
    stages = ("--version-stages", secret.stage) if secret.stage else ()
    yield Todo(f"remedies.secret.{kind}-read", read, facts, after=f" > {file}")
    if secret.version:
        yield Todo("remedies.secret.pinned", (), {**facts, "version": secret.version})
    yield Todo(f"remedies.secret.{kind}-put", (*put, *stages), facts)


def _entry(each: Reference) -> dict[str, str]:
    return {"name": each.name, "container": each.container, "secret": each.id, "key": each.key}


def _to_look_for(evidence: Evidence, wanting: list[Reference]) -> Iterator[Todo]:
    for each in {one.id: one for one in wanting}.values():
        region = ("--region", each.region)
        if each.kind == "secret":
            yield Todo("remedies.secret.see", ("secretsmanager", "describe-secret", "--secret-id", each.id, *region))
        else:
            yield Todo("remedies.secret.similar", similar(each.id, each.region), _entry(each))
    for each in wanting[:1]:
        yield Todo("remedies.secret.correct", (), _entry(each))
    if wanting:
        yield from redeploy(evidence)


def similar(parameter: str, region: str) -> tuple[str, ...]:
    """Which parameters have the last part of this one's name in theirs."""
    stem = parameter.rpartition("/")[2]
    asked = ("--parameter-filters", f"Key=Name,Option=Contains,Values={stem}", "--query", "Parameters[].Name")
    return ("ssm", "describe-parameters", *asked, "--region", region)


def forbidden(verdict: Verdict, evidence: Evidence) -> Iterator[Todo]:
    """The execution role's missing permission: by the message, and by the task definition where that is cut short."""
    message = str(verdict.facts.get("message", ""))
    role = str(deployments.newest_definition(evidence).get("executionRoleArn") or "")
    refused = _refused(message, evidence)
    if role and refused:
        by: By = next((by for by, words in _BY.items() if words.search(message)), "nothing")
        yield from roles.lifted(evidence, role, [replace(one, by=by) for one in refused])
        yield from redeploy(evidence)


def _refused(message: str, evidence: Evidence) -> list[Denial]:
    if _KMS.search(message):
        return []
    told = _ACTION.search(message)
    named = references.of(deployments.newest_definition(evidence), evidence.target.region)
    kind = "parameter" if (told[1] if told else message).startswith("ssm:") or "from ssm" in message else "secret"
    action = "ssm:GetParameters" if kind == "parameter" else "secretsmanager:GetSecretValue"
    resources = [_arn(evidence, each) for each in named if each.kind == kind]
    if told and told[2]:
        said = told[2].rstrip(".,")
        resources = [one for one in resources if one.startswith(said)] or [said]
    return [Denial(action, resource) for resource in dict.fromkeys(resources)]


def _arn(evidence: Evidence, each: Reference) -> str:
    """The ARN that a policy needs; a secret's without its last six characters gets a pattern for them."""
    where = f"{each.region}:{each.account or evidence.target.account}"
    if each.kind == "parameter":
        return f"arn:{partition(evidence)}:ssm:{where}:parameter/{each.id.removeprefix('/')}"
    arn = (
        each.id if each.id.startswith("arn:") else f"arn:{partition(evidence)}:secretsmanager:{where}:secret:{each.id}"
    )
    return arn if grants.is_whole(arn) else f"{arn}-??????"


def decrypting(verdict: Verdict, evidence: Evidence) -> Iterator[Todo]:
    """Where the key is what refuses: any key, but through the service alone that holds the value."""
    message = str(verdict.facts.get("message", ""))
    role = str(deployments.newest_definition(evidence).get("executionRoleArn") or "")
    if not role or not _KMS.search(message):
        return
    region, account = evidence.target.region, evidence.target.account
    service = "ssm" if "from ssm" in message else "secretsmanager"
    yield from roles.deciphering(evidence, role, f"{service}.{region}.amazonaws.com", f"{region}:{account}")
    yield from redeploy(evidence)
