"""Remedies of health checks: path, port, codes and times, on the container's side or on the target group's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from runbook_lib.diagnosis import check_commands
from runbook_lib.diagnosis.model import Verdict
from runbook_lib.plan.edits import Edit
from runbook_lib.plan.model import Choice, Option
from runbook_lib.plan.remedy import BY_HAND, Remedy
from runbook_lib.plan.situation import Situation

SIDE, PATH = "side", "health_path"
_CONTAINER, _TARGET_GROUP = "container", "target_group"
# The guide's proposal for a container health check, in seconds and attempts.
_DEFAULTS = {"interval": 30, "timeout": 5, "retries": 3, "startPeriod": 60}
_URL = re.compile(r"https?://[^/\s'\"]+(?P<path>/[^\s'\"\\)]*)?")


def path(verdict: Verdict, situation: Situation) -> Remedy:
    """Let both checks ask the path that the application answers; on which side, a person says."""
    facts = verdict.facts
    options = (
        Option(_CONTAINER, {"path": facts.get("target_path", "")}),
        Option(_TARGET_GROUP, {"path": facts.get("container_path", "")}),
    )
    choice = situation.answered(Choice(SIDE, verdict.rule, options, suggested=str(facts.get("side", ""))))
    if choice.answer == _TARGET_GROUP:
        return Remedy(groups=_group(verdict, {"HealthCheckPath": facts["container_path"]}), choices=(choice,))
    if choice.answer != _CONTAINER:
        return Remedy(choices=(choice,))
    edits = _check_asks(situation, str(facts.get("container", "")), str(facts.get("target_path", "")))
    return Remedy(edits, choices=(choice,), by_hand=not edits)


def _check_asks(situation: Situation, name: str, wanted: str) -> tuple[Edit, ...]:
    """The container's check with another path, made to fail on a bad answer, and with the guide's times where unset."""
    found = situation.container(name)
    check: Mapping[str, Any] = (found[1].get("healthCheck") or {}) if found else {}
    command = list(check.get("command") or [])
    url = _URL.search(" ".join(command))
    if not found or not url or not wanted:
        return ()
    renewed = _renewed(command, url, wanted)
    defaults = {key: value for key, value in _DEFAULTS.items() if key not in check}
    return (Edit("set", f"/containerDefinitions/{found[0]}/healthCheck", {**check, "command": renewed, **defaults}),)


def _renewed(command: list[str], url: re.Match[str], wanted: str) -> list[str]:
    """A command that throws the answer away is written anew; of any other one only the path is changed."""
    address = url[0].removesuffix(url["path"] or "") + wanted
    if check_commands.weakness(command):
        return ["CMD-SHELL", check_commands.corrected(command, address)]
    return [word.replace(url[0], address) for word in command]


def port(verdict: Verdict, situation: Situation) -> Remedy:
    """Let the target group check the port that gets the traffic; another port of the application is a person's."""
    if verdict.facts.get("kind") != "port":
        return BY_HAND
    return Remedy(groups=_group(verdict, {"HealthCheckPort": "traffic-port"}))


def code(verdict: Verdict, situation: Situation) -> Remedy:
    """Let the target group ask a path that the application has; which one, a person says."""
    if verdict.facts.get("kind") not in ("path", "redirect"):
        return BY_HAND
    options = tuple(Option(each, {"why": "check"}) for each in _asked_paths(verdict, situation))
    suggested = options[0].value if options else ""
    choice = situation.answered(Choice(PATH, verdict.rule, options, suggested=suggested, free=True))
    if not choice.answer.startswith("/"):
        return Remedy(choices=(Choice(PATH, verdict.rule, options, suggested, free=True),))
    return Remedy(groups=_group(verdict, {"HealthCheckPath": choice.answer}), choices=(choice,))


def _asked_paths(verdict: Verdict, situation: Situation) -> list[str]:
    """The other paths that container health checks ask."""
    commands = [" ".join((each.get("healthCheck") or {}).get("command") or []) for _, each in situation.containers()]
    found = [url["path"] or "/" for text in commands if (url := _URL.search(text))]
    return [each for each in dict.fromkeys(found) if each != verdict.facts.get("path")]


def slow_start(verdict: Verdict, situation: Situation) -> Remedy:
    """Give the start the time that it takes."""
    needed = int(verdict.facts.get("needed") or 0)
    if not needed:
        return BY_HAND
    grace = int(situation.evidence.service.get("healthCheckGracePeriodSeconds") or 0)
    settings = {"healthCheckGracePeriodSeconds": needed} if needed > grace else {}
    if verdict.facts.get("side") != _CONTAINER:
        return Remedy(settings=settings)
    edits = tuple(
        Edit("set", f"/containerDefinitions/{place}/healthCheck/startPeriod", needed)
        for place, container in situation.containers()
        if (container.get("healthCheck") or {}).get("command")
    )
    behind = bool(situation.evidence.service.get("loadBalancers"))
    return Remedy(edits, settings if behind else {}, by_hand=not edits)


def _group(verdict: Verdict, members: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    return {str(verdict.facts["target_group_arn"]): members}
