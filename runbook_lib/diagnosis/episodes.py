"""An incident in episodes: a fault, its cure, and the fault that came back, each with its own times. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from runbook_lib.diagnosis.story import Sight, Story, began, is_healthy
from runbook_lib.evidence.journal import WATCH, Cause, Entry


@dataclass(frozen=True)
class Episode:
    """The looks that saw the fault (at least one), when it was shown to be over, and the changes until the next one.

    ``recovered`` is None for what is going on.
    """

    looks: tuple[Sight, ...]
    recovered: datetime | None
    changes: tuple[Entry, ...]

    @property
    def detected(self) -> datetime:
        """When a look first saw it."""
        return self.looks[0].at

    @property
    def began(self) -> datetime | None:
        """When its deployment at fault was created."""
        return next((when for look in self.looks if look.evidence and (when := began(look.evidence))), None)

    @property
    def causes(self) -> tuple[Cause, ...]:
        """What its looks found, each cause once."""
        return tuple({cause.rule: cause for look in self.looks for cause in look.causes}.values())


def episodes(told: Story) -> tuple[Episode, ...]:
    """In the order of time."""
    groups = list(_groups(told))
    starts = [looks[0].at for looks, _ in groups[1:]]
    ends = [*starts, None][: len(groups)]
    return tuple(
        Episode(looks, over, tuple(_between(told.changes, looks[0].at, end)))
        for (looks, over), end in zip(groups, ends, strict=True)
    )


def undone(told: Story, episode: Episode) -> datetime | None:
    """When changes of an episode were taken back, or of an earlier one in it."""
    plans = [(e.text("digest"), e.data.get("plan")) for e in told.entries if e.kind == "plan"]
    undoing = {digest for digest, plan in plans if isinstance(plan, dict) and plan.get("kind") == "undo"}
    return max((e.at for e in episode.changes if e.text("plan") in undoing), default=None)


def _groups(told: Story) -> Iterator[tuple[tuple[Sight, ...], datetime | None]]:
    looks: list[Sight] = []
    for look in told.faulty:
        shown = next((when for when in _proofs(told) if looks and looks[-1].at < when < look.at), None)
        if shown:
            yield tuple(looks), shown
            looks = []
        looks.append(look)
    if looks:
        yield tuple(looks), told.recovered.at if told.recovered else None


def _proofs(told: Story) -> list[datetime]:
    """When AWS showed that all was well; that requests are answered does not, old tasks may answer them.

    Of a watch it is the time at which its deployment completed.
    """
    ends = (e for e in told.entries if e.kind == WATCH and e.text("end") == "completed")
    watched = (min(told.completed.get(e.text("deployment"), e.at), e.at) for e in ends)
    return sorted([*watched, *(look.at for look in told.looks if not look.faulty and is_healthy(look))])


def _between(changes: Iterable[Entry], start: datetime, end: datetime | None) -> Iterator[Entry]:
    return (e for e in changes if e.at >= start and (end is None or e.at < end))
