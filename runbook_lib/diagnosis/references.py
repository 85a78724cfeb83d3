"""The secrets and parameters that a task definition names, and what AWS says of each when asked by name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from runbook_lib.evidence.model import Evidence, Reading, Request, request

Wrong = Literal["absent", "deleted", "no-version", "invalid-name"]
_OF_ASM = ":secretsmanager:"
_PARAMETER = ":parameter"
_OF_SECRETS_MANAGER = "/aws/reference/secretsmanager/"  # a parameter's name that stands for a secret
_PUBLIC = "/aws/"  # AWS's own parameters: nobody's DescribeParameters lists them
_MOST_NAMES = 50  # values of one filter
_CURRENT = "AWSCURRENT"
_NAME = re.compile(r"/?[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)*")


@dataclass(frozen=True)
class Reference:
    """What one ``valueFrom`` names.

    ``id`` is the secret's ARN or name, or the parameter's name; ``account`` is empty for this account. ``key`` (of the
    JSON), ``stage`` and ``version`` are of a secret only. ``name`` is the variable that it fills, or the field that
    holds it.
    """

    kind: Literal["secret", "parameter"]
    id: str
    region: str
    account: str
    name: str
    container: str
    stage: str = ""
    version: str = ""
    key: str = ""


def of(definition: dict[str, Any], region: str) -> tuple[Reference, ...]:
    """What the containers of a task definition are given of Secrets Manager and Parameter Store."""
    return tuple(
        reference
        for container in definition.get("containerDefinitions") or []
        for name, value in _values(container)
        if (reference := _reference(value, name, str(container.get("name", "")), region))
    )


def _values(container: dict[str, Any]) -> Iterator[tuple[str, str]]:
    log = container.get("logConfiguration") or {}
    for entry in (*(container.get("secrets") or []), *(log.get("secretOptions") or [])):
        yield str(entry.get("name", "")), str(entry.get("valueFrom") or "")
    login = container.get("repositoryCredentials") or {}
    yield "repositoryCredentials", str(login.get("credentialsParameter") or "")


def _reference(value: str, name: str, container: str, region: str) -> Reference | None:
    parts = value.split(":")
    if _OF_ASM in value and len(parts) >= 7:
        key, stage, version = (*parts[7:10], "", "", "")[:3]
        return Reference("secret", ":".join(parts[:7]), parts[3], parts[4], name, container, stage, version, key)
    if value.startswith("arn:") and _PARAMETER in value and len(parts) >= 6:
        return _named(parts[5].removeprefix(_PARAMETER[1:]), (parts[3], parts[4]), name, container)
    if not value or value.startswith(("arn:", "*")):
        return None
    return _named(parts[0], (region, ""), name, container)


def _named(parameter: str, place: tuple[str, str], name: str, container: str) -> Reference:
    """A parameter by its name; an ARN has the slash before it whether the name begins with one or not."""
    if parameter.startswith(_OF_SECRETS_MANAGER):
        return Reference("secret", parameter.removeprefix(_OF_SECRETS_MANAGER), *place, name, container)
    return Reference("parameter", parameter, *place, name, container)


def can_be_asked(reference: Reference, account: str) -> bool:
    """Whether DescribeSecret or DescribeParameters can tell: not of another account's parameters or AWS's own."""
    if reference.kind == "secret":
        return True
    return reference.account in ("", account) and not reference.id.startswith(_PUBLIC)


def requests(references: tuple[Reference, ...]) -> tuple[Request, ...]:
    """One request a secret, one for all parameters of a Region; a name that is none is asked for by itself."""
    secrets = [request("secret", id=each.id, region=each.region) for each in references if each.kind == "secret"]
    parameters = [each for each in references if each.kind == "parameter"]
    valid = [each for each in parameters if not is_invalid(each)]
    together = [
        request("parameter", names=",".join(names), region=region)
        for region in dict.fromkeys(each.region for each in valid)
        for names in _filters([each for each in valid if each.region == region])
    ]
    alone = [request("parameter", names=each.id, region=each.region) for each in parameters if is_invalid(each)]
    return tuple(dict.fromkeys((*secrets, *together, *alone)))


def _filters(references: list[Reference]) -> Iterator[list[str]]:
    names = sorted({name for each in references for name in _spellings(each)})
    yield from (names[n : n + _MOST_NAMES] for n in range(0, len(names), _MOST_NAMES))


def _spellings(reference: Reference) -> tuple[str, ...]:
    """The names that a parameter may have: the ARN of ``x`` and of ``/x`` is the same."""
    name = reference.id
    return (name, name.removeprefix("/")) if name.count("/") == 1 and name.startswith("/") else (name,)


def is_invalid(reference: Reference) -> bool:
    """Whether no parameter can have this name: a part of its path is empty, or a variable in it was not filled in."""
    return reference.kind == "parameter" and not _NAME.fullmatch(reference.id)


def wrong(evidence: Evidence, reference: Reference) -> Wrong | None:
    """What is wrong with what is named, as far as it was read; None where it is there or was not read."""
    if reference.kind == "secret":
        return _wrong_secret(evidence, reference)
    found = _parameter_reading(evidence, reference)
    if found and any(each["Name"] in _spellings(reference) for each in found.data):
        return None
    if is_invalid(reference):
        return "invalid-name"
    return "absent" if found and not found.partial else None


def was_asked(evidence: Evidence, reference: Reference) -> bool:
    """Whether AWS has answered for what is named."""
    found = _secret_reading if reference.kind == "secret" else _parameter_reading
    return found(evidence, reference) is not None


def _wrong_secret(evidence: Evidence, reference: Reference) -> Wrong | None:
    reading = _secret_reading(evidence, reference)
    if reading is None:
        return None
    secret = reading.data
    if not secret:
        return "absent"
    if secret.get("DeletedDate"):
        return "deleted"
    versions = secret.get("VersionIdsToStages") or {}
    if reference.version and reference.version not in versions:
        return "no-version"
    stage = reference.stage or ("" if reference.version else _CURRENT)
    staged = not stage or any(stage in stages for stages in versions.values())
    return None if staged else "no-version"


def _secret_reading(evidence: Evidence, reference: Reference) -> Reading | None:
    wish = request("secret", id=reference.id, region=reference.region)
    return next((r for r in evidence.all("secret") if r.request == wish), None)


def _parameter_reading(evidence: Evidence, reference: Reference) -> Reading | None:
    readings = (r for r in evidence.all("parameter") if r.request["region"] == reference.region)
    return next((r for r in readings if reference.id in r.request["names"].split(",")), None)
