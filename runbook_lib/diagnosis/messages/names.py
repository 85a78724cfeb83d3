"""The names in a message that a command to mend it takes, in characters that AWS allows in them and no shell reads."""

from __future__ import annotations

import re

from runbook_lib.diagnosis.messages.parts import LONGEST

_ONES: dict[str, re.Pattern[str]] = {
    "SERVICE": re.compile(
        r"\(service (\w[\w-]{0,254})[,)]|\bservice (?!call\b)(\w[\w-]{0,254}) (?:was|is|has|failed) "
    ),
    "TASK_ID": re.compile(r"\(task ([0-9a-f]{32}|[0-9a-f-]{36})\)"),
    "CLUSTER": re.compile(
        r"arn:aws[\w-]{0,12}:ecs:[\w-]{1,20}:[\dxX*]{1,12}:(?:service|task|cluster)/(\w[\w-]{0,254})"
    ),
    "INSTANCE_ID": re.compile(r"container-instance ([0-9a-f]{32}|[0-9a-f-]{36})\b"),
    "IMAGE": re.compile(
        r"((?:[\w-]{1,63}\.){1,8}[a-z]{2,12}(?::\d{1,5})?(?:/[\w.-]{1,128}){1,8}(?::[\w.-]{1,128}|@sha256:[0-9a-f]{64}))"
    ),
    "TARGET_GROUP_ARN": re.compile(
        r"(arn:aws[\w-]{0,12}:elasticloadbalancing:[\w-]{1,20}:\d{12}:targetgroup/[\w-]{1,32}/\w{16})"
    ),
    "SECRET_ARN": re.compile(r"(arn:aws[\w-]{0,12}:secretsmanager:[\w-]{1,20}:\d{12}:secret:[\w/+=.@-]{1,519}\w)"),
    "ROLE_NAME": re.compile(r"assumed-role/(\w[\w+=,.@-]{0,63})/|\brole/(\w[\w+=.@-]{0,63})(?![\w+=.@/-])"),
    "PORT": re.compile(r"\(port (\d{1,5})\)"),
}
_ECR = re.compile(
    r"\d{12}\.dkr[.-]ecr[\w-]{0,6}\.([\w-]{1,20})\.[a-z][a-z.-]{1,40}/(\w[\w./-]{0,255})(?::(\w[\w.-]{0,127}))?"
)
_REGION = re.compile(r"arn:aws[\w-]{0,12}:[a-z0-9-]{1,30}:([a-z]{2,4}(?:-[a-z]{1,9}){1,2}-\d):")


def names(text: str) -> dict[str, str]:
    """The names that a message holds, by the placeholder they stand for in commands (``REPOSITORY``, ``TASK_ID``)."""
    part = text[:LONGEST]
    found = {name: value for name, pattern in _ONES.items() if (value := _first(pattern, part))}
    if image := _ECR.search(found.get("IMAGE", "")):
        found |= {"REGION": image[1], "REPOSITORY": image[2]} | ({"TAG": image[3]} if image[3] else {})
    if "REGION" not in found and (region := _REGION.search(part)):
        found["REGION"] = region[1]
    return found


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return next((value for value in found.groups() if value), "") if found else ""
