"""Redaction by field, done before a reading exists: what is not in memory cannot reach disk, screen, log or report.

Only fields that can hold secrets are touched (environment values, commands, log options, labels, log text, signatures
in URLs); image tags, ARNs and digests are never guessed at and survive.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

MASK = "***"

# The whole query of a URL goes, not only known parameter names: a signature can have any name.
_URL_SECRETS = re.compile(
    r"(?P<scheme>https?://)(?:[^\s/@\"']{1,256}@)?(?P<rest>[^\s?\"'<>]*)(?P<query>\?[^\s\"'<>)]*)?"
)
# Options of a health check command that carry credentials: `curl -H 'Authorization: ...'`, `-u user:password`.
_COMMAND_SECRETS = re.compile(
    r"(?P<option>-H|-u|-b|--header|--user|--cookie|--oauth2-bearer)(?P<gap>[ =]*)"
    r"(?!https?:)(?P<value>\"[^\"]*\"|'[^']*'|\S+)"
)
_ASSIGNMENTS = re.compile(r"\b(?P<name>[A-Za-z_]\w*)=(?P<value>\"[^\"]*\"|'[^']*'|[^\s\"'|&;)]+)")
_KEPT_LOG_OPTIONS = ("awslogs-",)


def masked_urls(text: str) -> str:
    """``text`` with user names, passwords and queries of its URLs masked."""
    return _URL_SECRETS.sub(_masked_url, text)


def _masked_url(match: re.Match[str]) -> str:
    return f"{match['scheme']}{match['rest']}{'?' + MASK if match['query'] else ''}"


def task_definition(data: dict[str, Any]) -> dict[str, Any]:
    """A task definition (of ECS or of a file) without values that can be secret; names, ARNs and images stay."""
    containers = data.get("containerDefinitions")
    if not isinstance(containers, list):
        return data
    return {**data, "containerDefinitions": [_container(c) if isinstance(c, dict) else c for c in containers]}


def service(data: dict[str, Any]) -> dict[str, Any]:
    """A service whose event texts and state reasons carry no signed URLs."""
    events = [{**e, "message": masked_urls(e.get("message", ""))} for e in data.get("events", [])]
    return {**data, "events": events}


def task(data: dict[str, Any]) -> dict[str, Any]:
    """A task without the values of its overrides, its reasons without signed URLs."""
    out = {**data, "containers": [_reasons(c) for c in data.get("containers", [])]}
    overrides = data.get("overrides") or {}
    if overrides.get("containerOverrides"):
        out["overrides"] = {**overrides, "containerOverrides": [_container(c) for c in overrides["containerOverrides"]]}
    return _reasons(out)


def _reasons(data: dict[str, Any]) -> dict[str, Any]:
    return {k: masked_urls(v) if k in ("stoppedReason", "reason") else v for k, v in data.items()}


def _container(data: dict[str, Any]) -> dict[str, Any]:
    return {key: _FIELDS[key](value) if key in _FIELDS else value for key, value in data.items()}


def _environment(pairs: Any) -> Any:
    if not isinstance(pairs, list):
        return MASK
    return [{**p, "value": MASK} if isinstance(p, dict) and "value" in p else p for p in pairs]


def _words(words: Any) -> Any:
    """A command is kept as its length only: its arguments can be anything."""
    return [MASK] * len(words) if isinstance(words, list) else MASK


def _values(mapping: Any) -> Any:
    return dict.fromkeys(mapping, MASK) if isinstance(mapping, dict) else MASK


def _logging(config: Any) -> Any:
    options = config.get("options") if isinstance(config, dict) else None
    if not isinstance(options, dict):
        return config
    kept = {k: v if k.startswith(_KEPT_LOG_OPTIONS) else MASK for k, v in options.items()}
    return {**config, "options": kept}


def _options(config: Any) -> Any:
    return (
        {**config, "options": _values(config["options"])}
        if isinstance(config, dict) and "options" in config
        else config
    )


def _health_check(check: Any) -> Any:
    """The command stays, since its URL is evidence; its headers, users, variables and query do not."""
    if not isinstance(check, dict) or not isinstance(check.get("command"), list):
        return check
    return {**check, "command": [_health_word(w) if isinstance(w, str) else w for w in check["command"]]}


def _health_word(word: str) -> str:
    without_options = _COMMAND_SECRETS.sub(rf"\g<option>\g<gap>{MASK}", masked_urls(word))
    return _ASSIGNMENTS.sub(rf"\g<name>={MASK}", without_options)


_FIELDS: dict[str, Callable[[Any], Any]] = {
    "environment": _environment,
    "command": _words,
    "entryPoint": _words,
    "dockerLabels": _values,
    "logConfiguration": _logging,
    "firelensConfiguration": _options,
    "healthCheck": _health_check,
    "reason": lambda text: masked_urls(text) if isinstance(text, str) else text,
}

# uvicorn, gunicorn, nginx, Apache, Node (morgan) and most others: client ... "METHOD /path HTTP/1.1" STATUS
_ACCESS = re.compile(
    r"\"(?P<method>[A-Z]{3,7}) (?P<path>/[^\s?\"]{0,500})(?:\?[^\s\"]*)? HTTP/[\d.]+\"\s+(?P<status>\d{3})\b"
)
_CLIENT = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])|::1")


def access_requests(events: list[dict[str, Any]], paths: tuple[str, ...]) -> list[dict[str, Any]]:
    """The requests for ``paths`` in log events (``timestamp`` ms, ``message``): time, client, method, path, status.

    This is all that is ever kept of a log: no other text of it leaves this function.
    """
    found = ((e.get("timestamp"), e.get("message", "")[:2000]) for e in events)
    requests = (_access_request(at, message) for at, message in found)
    return [r for r in requests if r and r["path"] in paths]


def _access_request(at: Any, message: str) -> dict[str, Any] | None:
    match = _ACCESS.search(message)
    if not match:
        return None
    client = _CLIENT.search(message, 0, match.start())
    return {
        "at": at,
        "client": client[0] if client else "",
        "method": match["method"],
        "path": match["path"],
        "status": int(match["status"]),
    }
