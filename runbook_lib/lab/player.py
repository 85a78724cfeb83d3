"""Plays a scenario: makes its calls on the simulated clock, up to now."""

import copy
import json
import re
import time
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from runbook_lib.lab import remembered, scenario_files
from runbook_lib.lab.front import Front
from runbook_lib.lab.scenario import Scenario, Step
from runbook_lib.lab.transport import Clients

_REFERENCE = re.compile(r"\$\{([^}]+)\}")
_UNPLAYABLE = (ClientError, BotoCoreError, ResponseParserError, AttributeError, LookupError, TypeError, ValueError)


class Player:
    """Plays one scenario on a lab."""

    def __init__(self, front: Front, scenario: Scenario) -> None:
        self._front = front
        self._scenario = scenario
        self._clients = Clients(front)
        self._known: dict[str, Any] = {}

    def play(self, folder: Path, start: float | None = None) -> dict[str, Path]:
        """Set up, make the calls from `start` on (seconds since the epoch), and write the scenario's files.

        Without a start the simulated time is the real time at the end. Returns the files, which are under `folder`, by
        their name in the scenario.
        """
        self._front.clock.set_time(time.time() - self._scenario.length if start is None else start)
        self._set_up()
        if start is None:
            self._front.clock.set_time(time.time() - self._scenario.length)
        self.take("steps")
        return {name: self._write(folder / name, body) for name, body in self._scenario.files.items()}

    def _set_up(self) -> None:
        try:
            self._known = remembered.set_up(self._front, self._scenario)
        except _UNPLAYABLE as error:
            words = f"this can not be set up: {_words(error).splitlines()[0][:200]}"
            raise scenario_files.problem(self._scenario.name, ["region"], words) from error

    def take(self, kind: str) -> None:
        """Take the scenario's ``steps``, those of its ``fix`` or of its ``wrong_fix``.

        Raises `LabError` ``bad-scenario`` for a call that AWS refuses.
        """
        for number, step in enumerate(getattr(self._scenario, kind)):
            try:
                self._take(step)
            except _UNPLAYABLE as error:
                words = f"{step.call}: {_words(error)}"
                raise scenario_files.problem(self._scenario.name, [kind, number], words) from error

    def _take(self, step: Step) -> None:
        if step.pause is not None:
            self._front.advance(step.pause)
        elif step.capacity is not None:
            self._front.set_capacity(self._scenario.region, step.capacity)
        elif step.stop is not None:
            self._stop_tasks(step.stop)
        elif step.call is not None:
            self._call(step.call, step)

    def _call(self, call: str, step: Step) -> None:
        service, _, method = call.partition(".")
        body = self.body(step.body) if step.body else {}
        client = self._clients.get(service, step.account or self._front.account, self._scenario.region)
        getattr(client, method)(**{**body, **self._resolve(step.parameters)})

    def _stop_tasks(self, count: int) -> None:
        """Stop the newest tasks of the service, as somebody would by hand."""
        ecs = self._clients.get("ecs", self._front.account, self._scenario.region)
        about = {"cluster": self._scenario.cluster}
        arns = ecs.list_tasks(**about, serviceName=self._scenario.service)["taskArns"]
        found = ecs.describe_tasks(**about, tasks=arns)["tasks"] if arns else []
        for task in sorted(found, key=lambda each: each["createdAt"], reverse=True)[:count]:
            ecs.stop_task(**about, task=task["taskArn"])

    def body(self, name: str) -> dict[str, Any]:
        """Return a request body of the scenario, with its base, its changes and its references resolved."""
        resolved: dict[str, Any] = self._resolve(self._merged(name))
        return resolved

    def _merged(self, name: str) -> dict[str, Any]:
        found = self._scenario.bodies[name]
        document = copy.deepcopy({**(self._merged(found.base) if found.base else {}), **found.body})
        for pointer, value in found.set.items():
            _set(document, pointer, value)
        return document

    def _resolve(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._resolve(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._resolve(item) for item in value]
        if not isinstance(value, str):
            return value
        whole = _REFERENCE.fullmatch(value)
        if whole:
            return self._reference(whole)
        return _REFERENCE.sub(lambda found: str(self._reference(found)), value)

    def _reference(self, found: re.Match[str]) -> Any:
        name = found.group(1)
        if name not in self._known:
            raise LookupError(f"nothing is known as ${{{name}}}; known are {sorted(self._known)}")
        return self._known[name]

    def _write(self, path: Path, body: str) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self.body(body), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        return path


def _words(error: Exception) -> str:
    code = f" ({error.response['Error']['Code']})" if isinstance(error, ClientError) else ""
    return f"{error}{code}"


def _set(document: Any, pointer: str, value: Any) -> None:
    """Set a value at a JSON pointer (RFC 6901); ``-`` appends to a list."""
    *parents, last = (part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])
    for part in parents:
        document = document[int(part)] if isinstance(document, list) else document[part]
    if isinstance(document, list) and last == "-":
        document.append(copy.deepcopy(value))
    else:
        document[int(last) if isinstance(document, list) else last] = copy.deepcopy(value)
