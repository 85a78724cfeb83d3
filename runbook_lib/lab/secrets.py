"""Secrets and parameters that a task definition names: whether the task's execution role gets them."""

import json
import re
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from runbook_lib.lab import reasons
from runbook_lib.lab.transport import Clients

_ESCAPE = re.compile(r"[^\x20-\x7e]")


@dataclass(frozen=True)
class SecretReference:
    """What ``valueFrom`` names: a secret of Secrets Manager (with the JSON key that is wanted of it) or a parameter."""

    value_from: str
    service: str
    region: str
    arn: str
    key: str = ""

    @classmethod
    def of(cls, value_from: str, account: str, region: str) -> "SecretReference":
        """Read a ``valueFrom``: a secret's ARN with ``:key:stage:version``, or a parameter's ARN or name."""
        parts = value_from.split(":")
        if ":secretsmanager:" in value_from:
            key = parts[7] if len(parts) > 7 else ""
            return cls(value_from, "secretsmanager", parts[3], ":".join(parts[:7]), key)
        if value_from.startswith("arn:") and ":parameter" in value_from:
            return cls(value_from, "ssm", parts[3], value_from)
        arn = f"arn:aws:ssm:{region}:{account}:parameter/{value_from.removeprefix('/')}"
        return cls(value_from, "ssm", region, arn)

    @property
    def parameter(self) -> str:
        """The parameter as the call to Systems Manager names it: with its slash where the name is a path."""
        if not self.value_from.startswith("arn:"):
            return self.value_from
        name = self.arn.partition(":parameter")[2]
        return name if name.count("/") > 1 else name.removeprefix("/")

    @property
    def action(self) -> str:
        """The IAM action that reads it."""
        return "secretsmanager:GetSecretValue" if self.service == "secretsmanager" else "ssm:GetParameters"

    def denied(self, denial: str) -> str:
        """The stopped reason where IAM says no."""
        if self.service == "ssm":
            return reasons.parameter_denied(denial)
        return reasons.secret_denied(self.arn, denial)

    @property
    def unreachable(self) -> str:
        """The stopped reason where the service never answers."""
        return reasons.PARAMETERS_UNREACHABLE if self.service == "ssm" else reasons.secret_unreachable(self.arn)


def problem(clients: Clients, account: str, wanted: SecretReference) -> str | None:
    """Return why the value that is there can not be used, or None."""
    client = clients.get(wanted.service, account, wanted.region)
    return _parameter_problem(client, wanted) if wanted.service == "ssm" else _secret_problem(client, wanted)


def _parameter_problem(client: Any, wanted: SecretReference) -> str | None:
    try:
        client.get_parameter(Name=wanted.parameter, WithDecryption=True)
    except ClientError:
        return reasons.parameter_absent(wanted.parameter)
    return None


def _secret_problem(client: Any, wanted: SecretReference) -> str | None:
    try:
        value = client.get_secret_value(SecretId=wanted.arn)
    except ClientError:
        return reasons.secret_absent(wanted.arn)
    if not wanted.key:
        return None
    try:
        document = json.loads(value.get("SecretString", ""))
    except (ValueError, RecursionError):
        return reasons.secret_not_json(_json_error(value.get("SecretString", "")))
    found = isinstance(document, dict) and wanted.key in document
    return None if found else reasons.secret_key_absent(wanted.key)


def _json_error(text: str) -> str:
    """Word a syntax error as the agent's JSON parser does; of the value only the character that stopped it is told."""
    stripped = text.lstrip()
    if not stripped or stripped[0] in '{["':
        return "unexpected end of JSON input"
    for literal in ("true", "false", "null"):
        if stripped[0] == literal[0]:
            return _literal_error(stripped, literal)
    return f"invalid character {_quoted(stripped[0])} looking for beginning of value"


def _literal_error(text: str, literal: str) -> str:
    for place, expected in enumerate(literal):
        if place >= len(text):
            return "unexpected end of JSON input"
        if text[place] != expected:
            return f"invalid character {_quoted(text[place])} in literal {literal} (expecting {_quoted(expected)})"
    return f"invalid character {_quoted(text[len(literal)])} after top-level value"


def _quoted(character: str) -> str:
    return "'" + _ESCAPE.sub("?", character) + "'"
