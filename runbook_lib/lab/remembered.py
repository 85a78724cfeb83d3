"""What a scenario finds in its account, made once a process: a lab that starts again takes it from memory.

Each call of moto takes a millisecond or two, and a scenario's account takes forty of them; a test suite starts hundreds
of labs. What is remembered is what moto holds, as bytes, so that no lab can change what another one gets.
"""

import copyreg
import io
import pickle
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from threading import RLock
from typing import Any, ClassVar

from runbook_lib.lab import embedded
from runbook_lib.lab.front import Front
from runbook_lib.lab.registry import Built
from runbook_lib.lab.resources import Resources
from runbook_lib.lab.scenario import Scenario
from runbook_lib.lab.world import Answers

_MOST = 64  # accounts that are remembered; one is some 50 kB
_LATER = {"name", "description", "cluster", "steps", "bodies", "files", "goal", "fix", "wrong_fix", "drawn"}


class _Pickler(pickle.Pickler):
    """Pickles moto's registries too, each of which has a lock."""

    dispatch_table: ClassVar[Mapping[Any, Any]] = {**copyreg.dispatch_table, type(RLock()): lambda _: (RLock, ())}


@dataclass(frozen=True)
class _Account:
    """An account as it was set up; `ages` are the seconds since images were pushed, by digest.

    `answers` is what the simulator asked of it before anything was changed, which each lab adds to.
    """

    moto: bytes
    known: dict[str, Any]
    images: dict[str, Built]
    ages: dict[str, float]
    answers: Answers = field(default_factory=dict)


_KEPT: dict[str, _Account] = {}


def set_up(front: Front, scenario: Scenario) -> dict[str, Any]:
    """Make what a scenario finds; return it by name, as `Resources.set_up` does."""
    # Registries of other accounts are shared by all labs of the process, so that none can put them back.
    if scenario.foreign_repositories:
        return _made(front, scenario)
    key = f"{front.account}/{front.seed}/{scenario.model_dump_json(exclude=_LATER)}"
    if key in _KEPT:
        known = _put_back(front, _KEPT[key])
    else:
        known = _made(front, scenario)
        _keep(front, known, key)
    if key in _KEPT:
        front.answers[front.account, scenario.region] = _KEPT[key].answers
    return known


def _keep(front: Front, known: dict[str, Any], key: str) -> None:
    with suppress(AttributeError, TypeError, pickle.PicklingError):  # what moto holds of some services is no data
        _KEPT[key] = _taken(front, known)
        if len(_KEPT) > _MOST:
            del _KEPT[next(iter(_KEPT))]


def _made(front: Front, scenario: Scenario) -> dict[str, Any]:
    front.seed_moto(scenario.region)
    return Resources(front, scenario).set_up()


def _taken(front: Front, known: dict[str, Any]) -> _Account:
    stream = io.BytesIO()
    _Pickler(stream).dump(embedded.state_of(front.account))
    ages = {digest: front.clock.now() - pushed for digest, pushed in front.pushed.items()}
    return _Account(stream.getvalue(), dict(known), dict(front.images), ages)


def _put_back(front: Front, account: _Account) -> dict[str, Any]:
    embedded.put_back(front.account, pickle.loads(account.moto))
    front.images.update(account.images)
    front.pushed.update({digest: front.clock.now() - age for digest, age in account.ages.items()})
    return dict(account.known)
