"""One name stands in a container's ``environment`` and in its ``secrets``.

What it looks for
    One name in ``environment`` and ``secrets`` of a container: in the file, a revision, or a refusal.
Why it breaks a rollout
    RegisterTaskDefinition refuses it: there is no next revision.
Blind spots
    ``environmentFiles``; a local file that CI does not register.
Readings
    task_definition, task_definition_file, deploy_message. Names only, never values.
Fix
    Take the name out of ``environment`` and keep it in ``secrets``.
Guide section
    Root cause 2.1; fix step 2.1; checklist 3.
References
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from runbook_lib.diagnosis import deployments
from runbook_lib.diagnosis.messages import duplicate_name
from runbook_lib.diagnosis.model import Cite, Finding, Rule, failed, passed
from runbook_lib.diagnosis.unseen import unseen
from runbook_lib.evidence.model import Evidence

_FIELD = "containerDefinitions[].secrets[].name"


@dataclass(frozen=True)
class _Place:
    """``source`` is file, revision or message; ``where`` the path, the revision, or the operation that refused."""

    name: str
    container: str
    source: str
    where: str


def check(evidence: Evidence) -> Finding:
    """FAIL where a name stands in both; certain from a definition alone, as registering it is always refused."""
    places = tuple(dict.fromkeys((*_in_files(evidence), *_registered(evidence), *_refused(evidence))))
    if places:
        return failed("confirmed", tuple(_cite(place) for place in places), **_facts(places))
    needed = {d.get("taskDefinition") for d in deployments.current(evidence)}
    if needed - set(evidence.task_definitions()) or not (needed or evidence.all("task_definition_file")):
        return unseen(evidence, RULE.uses)
    return passed(names=[], where=_looked(evidence))


def _in_files(evidence: Evidence) -> Iterator[_Place]:
    for reading in evidence.all("task_definition_file"):
        yield from _duplicates(reading.data["task_definition"], "file", reading.data["path"])


def _registered(evidence: Evidence) -> Iterator[_Place]:
    for arn, definition in evidence.task_definitions().items():
        yield from _duplicates(definition, "revision", deployments.revision(arn))


def _refused(evidence: Evidence) -> Iterator[_Place]:
    for text in evidence.data("deploy_message", {}).get("messages", []):
        name = duplicate_name(text)
        if name is not None:
            yield _Place(name, "", "message", "ecs:RegisterTaskDefinition")


def _duplicates(definition: dict[str, Any], source: str, where: str) -> Iterator[_Place]:
    for container in definition.get("containerDefinitions") or []:
        plain = [variable.get("name") for variable in container.get("environment") or []]
        secret = {entry.get("name") for entry in container.get("secrets") or []}
        for name in dict.fromkeys(plain):
            if name and name in secret:
                yield _Place(name, container.get("name", ""), source, where)


def _facts(places: tuple[_Place, ...]) -> dict[str, Any]:
    return {
        "names": sorted({place.name for place in places if place.name}),
        "where": list(dict.fromkeys(place.where for place in places)),
        "container": next((place.container for place in places if place.container), ""),
        "places": [asdict(place) for place in places],
        "refused": any(place.source == "message" for place in places),
        "keep": "secrets",
    }


def _looked(evidence: Evidence) -> list[str]:
    files = [reading.data["path"] for reading in evidence.all("task_definition_file")]
    return files + [deployments.revision(arn) for arn in evidence.task_definitions()]


def _cite(place: _Place) -> Cite:
    if place.source == "message":
        return Cite("ecs:RegisterTaskDefinition", "message", place.name)
    operation = "file" if place.source == "file" else "ecs:DescribeTaskDefinition"
    return Cite(operation, _FIELD, f"{place.where} {place.name}")


RULE = Rule(
    id="secret_env_duplicate",
    label="secret-env-duplicate",
    role="cause",
    needs=(),
    uses=("task_definition", "task_definition_file", "deploy_message"),
    guide="root cause 2.1",
    severity=50,
    check=check,
)
