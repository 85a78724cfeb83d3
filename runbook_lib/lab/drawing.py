"""Scenarios drawn by chance: a service, a way to deploy it, and faults or harmless events, all from one seed.

The same name and seed give the same scenario in every process. What can be drawn is in ``scenarios/_random.yaml``.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

from runbook_lib.lab import DRAWN
from runbook_lib.lab.ids import Ids

Document = dict[str, Any]
Option = TypeVar("Option")
FAULTY, GOOD = DRAWN
CATALOGUE = "_random"
_CATALOGUE_KEYS = ("faults", "weather", "descriptions", "regions", "clusters", "services")
_STEADY = 1200  # seconds until revision 1 is steady
_SOON = 20  # seconds from the last step to the end where its effect passes
_BREAKERS = (
    {"enable": False, "rollback": False},
    {"enable": True, "rollback": False},
    {"enable": True, "rollback": True},
)
_CLUSTER: Document = {"call": "ecs.create_cluster", "with": {"clusterName": "${cluster}"}}
_CURE: tuple[Document, ...] = (
    {"call": "ecs.register_task_definition", "body": "good"},
    {"call": "ecs.update_service", "body": "cure", "with": {"forceNewDeployment": True}},
)


class Entry(BaseModel):
    """One thing that can be drawn; every body and step is as in a scenario.

    Attributes
    ----------
    spot
        What it changes; entries of one spot exclude each other, as do those of the spots in `excludes`.
    shapes
        The ways to deploy in which it makes sense.
    revision, settings
        Values by JSON pointer in the new revision and in the service's settings.
    before, during, fix
        Steps before the deployment, after its start, and to undo them.
    brief
        Whether its effect passes once its steps end.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    spot: str
    excludes: tuple[str, ...] = ()
    shapes: tuple[Literal["update", "first"], ...] = ("update", "first")
    revision: Document = {}
    settings: Document = {}
    bodies: Document = {}
    before: tuple[Document, ...] = ()
    during: tuple[Document, ...] = ()
    fix: tuple[Document, ...] = ()
    brief: bool = False


def draw(name: str, seed: int, catalogue: Document) -> Document:
    """Return the scenario that a seed draws; it has yet to be read as one."""
    chance = Ids(f"{name} {seed}")
    shape = _one_of(chance, ["update", "update", "first"])
    kind = "faults" if name == FAULTY else "weather"
    entries = {key: Entry.model_validate(value) for key, value in catalogue[kind].items()}
    drawn = _drawn(chance, {key: each for key, each in entries.items() if shape in each.shapes})
    place = {key: _one_of(chance, catalogue[f"{key}s"]) for key in ("region", "cluster", "service")}
    parts = [entries[key] for key in drawn]
    bodies = {**catalogue["bodies"], **_bodies(chance, catalogue["bodies"], parts)}
    own = {key: value for key, value in catalogue.items() if key not in _CATALOGUE_KEYS}
    return {
        **own,
        **place,
        "bodies": bodies,
        "description": catalogue["descriptions"][name],
        "steps": [*_steps(shape, parts), {"pause": _rest(chance, name, parts)}],
        "fix": [*_of(parts, "fix"), *_CURE] if name == FAULTY else [],
        "drawn": drawn,
    }


def _rest(chance: Ids, name: str, parts: list[Entry]) -> float:
    """Draw how many seconds pass between the last step and the look."""
    if name == GOOD:
        return 30.0 + chance.below(1470)
    return _SOON if any(each.brief for each in parts) else 900.0 + chance.below(600)


def _steps(shape: str, parts: list[Entry]) -> list[Document]:
    """Deploy revision 2 of a steady service, or make the service with it."""
    new = {"call": "ecs.register_task_definition", "body": "v2"}
    if shape == "first":
        begun = [_CLUSTER, *_of(parts, "before"), new, {"call": "ecs.create_service", "body": "settings"}]
    else:
        steady = [
            _CLUSTER,
            {"call": "ecs.register_task_definition", "body": "v1"},
            {"call": "ecs.create_service", "body": "sound"},
            {"pause": _STEADY},
        ]
        begun = [*steady, *_of(parts, "before"), new, {"call": "ecs.update_service", "body": "change"}]
    return [*begun, *_of(parts, "during")]


def _drawn(chance: Ids, entries: dict[str, Entry]) -> list[str]:
    """Draw one or two entries that do not exclude each other."""
    first = _one_of(chance, sorted(entries))
    taken = {entries[first].spot, *entries[first].excludes}
    others = [key for key, each in sorted(entries.items()) if not taken & {each.spot, *each.excludes}]
    return [first, _one_of(chance, others)] if chance.below(2) else [first]


def _one_of(chance: Ids, options: Sequence[Option]) -> Option:
    return options[chance.below(len(options))]


def _bodies(chance: Ids, bodies: Document, parts: list[Entry]) -> Document:
    common = {
        "/desiredCount": _one_of(chance, [1, 1, 2, 3]),
        "/deploymentConfiguration/deploymentCircuitBreaker": _one_of(chance, _BREAKERS),
    }
    changed = {**common, **_merged(parts, "settings")}
    over = {"v2": _merged(parts, "revision"), "sound": common, "cure": common, "settings": changed, "change": changed}
    return {
        **{key: body for each in parts for key, body in each.bodies.items()},
        **{key: {**bodies[key], "set": given} for key, given in over.items()},
    }


def _merged(parts: list[Entry], field: str) -> Document:
    return {key: value for each in parts for key, value in getattr(each, field).items()}


def _of(parts: list[Entry], field: str) -> Iterator[Document]:
    for each in parts:
        yield from getattr(each, field)
