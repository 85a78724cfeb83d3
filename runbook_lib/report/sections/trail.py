"""The guided path as sections: where one is, what was found and done so far, and what comes next."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Literal

from runbook_lib.diagnosis.engine import Diagnosis
from runbook_lib.diagnosis.state import State
from runbook_lib.diagnosis.trail import PLACES, Place, Trail
from runbook_lib.evidence.journal import Change, Entry
from runbook_lib.evidence.model import Target
from runbook_lib.report import words
from runbook_lib.report.blocks import Onward, Path, Stage, Tone
from runbook_lib.report.context import Context
from runbook_lib.report.formats import clock
from runbook_lib.report.incidents import closed_why
from runbook_lib.report.journaled import cause_title
from runbook_lib.report.markup import unticked
from runbook_lib.text import has, say

NOTEBOOKS: dict[Place, str] = {
    "start": "00_start.ipynb",
    "diagnose": "10_diagnose.ipynb",
    "fix": "20_fix.ipynb",
    "watch": "30_watch.ipynb",
    "postmortem": "90_postmortem.ipynb",
}
_Told = tuple[Tone, str]
Look = Literal["", "here", "following"]


def path(told: Trail, diagnosis: Diagnosis | None, target: Target, here: Place | None, context: Context) -> Path:
    """Every place of the path with what was found or done there; ``here`` is where one is."""
    following = told.following if target.service else "start"
    return Path(_say(context, "title.path"), tuple(_stages(told, diagnosis, target, (here, following), context)))


def astray(shown: Path, context: Context) -> Path:
    """The path where AWS has no such service: it leads back to its start."""
    start, *others = shown.stages
    mark = start.mark or _say(context, "mark.following")
    rest = (replace(stage, look="", mark="") if stage.look == "following" else stage for stage in others)
    return replace(shown, stages=(replace(start, tone="bad", look=start.look or "following", mark=mark), *rest))


def _stages(
    told: Trail, diagnosis: Diagnosis | None, target: Target, now: tuple[str | None, str], context: Context
) -> Iterator[Stage]:
    looks: dict[str | None, Look] = {now[1]: "following", now[0]: "here"}
    for place in PLACES:
        tone, line = _start(target, context) if place == "start" else _LINES[place](told, diagnosis, context)
        look: Look = looks.get(place, "")
        mark = _say(context, f"mark.{look}") if look else ""
        yield Stage(name_of(place, context), NOTEBOOKS[place], tone, line, look, mark)


def onward(told: Trail, here: Place | None, chosen: bool, context: Context) -> Onward:
    """What comes next, with its link."""
    following = told.following if chosen else "start"
    if not following or following == here:
        return Onward("", _say(context, f"stay.{following}" if following else "next.done"), "")
    return Onward(_say(context, f"next.{following}"), name_of(following, context), NOTEBOOKS[following])


def bare(shown: Path) -> Path:
    """The path without links: where the other notebooks do not lie beside this one."""
    return replace(shown, stages=tuple(replace(stage, href="") for stage in shown.stages))


def name_of(place: Place, context: Context) -> str:
    """A place with its number on the path."""
    return f"{PLACES.index(place) + 1}. {_say(context, f'place.{place}')}"


def _say(context: Context, key: str, **facts: object) -> str:
    return say(f"guided.{key}", context.lang, **facts)


def _start(target: Target, context: Context) -> _Told:
    if not target.service:
        return "off", _say(context, "line.unchosen")
    named = {name: unticked(getattr(target, name)) or "-" for name in ("cluster", "service", "region")}
    return "ok", _say(context, "line.service", **named)


def _at(entry: Entry, context: Context) -> str:
    return clock(entry.at.isoformat(), context.timezone)


def _diagnosed(told: Trail, diagnosis: Diagnosis | None, context: Context) -> _Told:
    if diagnosis:
        titles = [words.title(verdict, context.lang) for verdict in diagnosis.failed("cause")]
        state = str(diagnosis.state)
    elif told.look:
        titles = [cause_title(cause, context.lang) for cause in told.look.causes]
        state = told.look.text("state")
    else:
        return "off", _say(context, "line.none")
    if titles:
        return "bad", _say(context, "line.causes", count=_count(titles, context), causes=" · ".join(titles))
    word = words.state(state, context.lang) if state in [s.value for s in State] else state
    tone: Tone = "ok" if state == State.HEALTHY else "run" if state == State.DEPLOYING else "unk"
    rolling = told.applied is not None and state == State.DEPLOYING
    if told.faulty and (rolling or state == State.HEALTHY):
        before = [cause_title(cause, context.lang) for cause in told.faulty.causes]
        facts = {"count": _count(before, context), "causes": " · ".join(before), "state": word}
        return tone, _say(context, f"line.{'rolling' if rolling else 'mended'}", **facts)
    return tone, _say(context, "line.healthy", state=word)


def _count(titles: list[str], context: Context) -> str:
    return _say(context, f"count.{'one' if len(titles) == 1 else 'many'}", count=len(titles))


def _fixed(told: Trail, diagnosis: Diagnosis | None, context: Context) -> _Told:
    done = told.applied or told.cut
    if told.planned and (not done or told.planned.at > done.at):
        key = "line.planned" if _answered(told.planned) else "line.open"
        return "run", _say(context, key, digest=unticked(told.planned.text("digest")), at=_at(told.planned, context))
    if done:
        good = told.applied is not None and told.applied.data.get("good") is True
        facts = {"digest": unticked(done.text("plan")), "at": _at(done, context)}
        done_as = "undone" if told.undone else "applied"
        return ("ok" if good else "bad"), _say(context, f"line.{done_as if good else 'cut'}", **facts)
    needed = told.following in ("", "postmortem") and told.look is not None
    return "off", _say(context, "line.unneeded" if needed else "line.none")


def _answered(planned: Entry) -> bool:
    """Whether every question of a plan has an answer."""
    wishes = planned.data.get("wishes")
    answers = wishes.get("answers") if isinstance(wishes, dict) else None
    return not isinstance(answers, dict) or all(answers.values())


def _watched(told: Trail, diagnosis: Diagnosis | None, context: Context) -> _Told:
    if not told.watched:
        lone = told.verified and _check(told.verified, context)
        return lone or ("off", _say(context, "line.none"))
    facts = {"revision": unticked(told.watched.text("revision")), "at": _at(told.watched, context)}
    word = told.watched.text("end")
    if not word:
        return "run", _say(context, "line.watching", **facts)
    end = f"watch.end.{word}"
    shown = _say(context, "line.watched", end=say(end, context.lang) if has(end) else word, **facts)
    if word != "completed":
        return ("off" if word == "interrupted" else "bad"), shown
    tone, check = _check(told.verified, context) if told.verified else ("run", _say(context, "line.unasked"))
    return tone, f"{shown} · {check}"


def _check(verified: Entry, context: Context) -> _Told:
    good = verified.data.get("ok") is True
    return ("ok" if good else "bad"), _say(
        context, f"line.{'verified' if good else 'unverified'}", at=_at(verified, context)
    )


def _reported(told: Trail, diagnosis: Diagnosis | None, context: Context) -> _Told:
    parts = list(_endings(told, context))
    return ("ok" if told.reported else "off"), " · ".join(parts) or _say(context, "line.none")


def _endings(told: Trail, context: Context) -> Iterator[str]:
    if told.closed:
        yield _say(context, "line.closed", at=_at(told.closed, context))
        if told.closed.text("why") != "verified":
            yield from closed_why(Change(told.closed), context.lang)
    if told.reported:
        yield _say(context, "line.reported", at=_at(told.reported, context))


_LINES: dict[str, Callable[[Trail, Diagnosis | None, Context], _Told]] = {
    "diagnose": _diagnosed,
    "fix": _fixed,
    "watch": _watched,
    "postmortem": _reported,
}
