"""The fix with somebody in front of it: choices that re-plan, one button that approves, and the way back."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbook_lib import fix_pages, fixing, runs
from runbook_lib.errors import InputError, SafetyError
from runbook_lib.evidence.journal import Entry
from runbook_lib.fixing import Planned
from runbook_lib.guided.background import Stop
from runbook_lib.guided.desk import Desk
from runbook_lib.guided.pages import note, problem, under_way
from runbook_lib.look import Look
from runbook_lib.parameters import Parameters
from runbook_lib.plan.model import Choice, Plan
from runbook_lib.recorded import Recorded, recorded
from runbook_lib.report import plan_words
from runbook_lib.report.blocks import Bullets, Status
from runbook_lib.report.context import Context
from runbook_lib.report.plan_words import count
from runbook_lib.report.render import Section
from runbook_lib.report.sections.choosing import question
from runbook_lib.report.sections.outage import outage
from runbook_lib.report.widgets.panel import Questions
from runbook_lib.report.widgets.view import Action, Face, View
from runbook_lib.text import LANGUAGES, say, sentence

if TYPE_CHECKING:
    from runbook_lib.applying import Applied, Step

_OUTDATED = ("plan-stale", "plan-overtaken", "plan-unknown")
_Made = tuple[Planned, Mapping[str, Section], bool]  # the bool: it was begun before, by an apply that was cut short


class Approval:
    """A plan, the one button that approves it, and what became of it."""

    def __init__(self, desk: Desk, *, undoing: bool = False) -> None:
        self.desk, self._undoing, self._name = desk, undoing, "take_back" if undoing else "apply"
        self.planned: Planned | None = None
        self.done: Applied | None = None
        self.steps: list[Step] = []
        self.refused: set[str] = set()  # digests that are out of date, or failed here
        self._begun = False
        self.withheld = False  # what was asked for since could not be planned: this plan is not the one on the page
        self.action = Action(self._face, self._pressed, desk.stop, self._shown)

    def show(self, planned: Planned | None, *, begun: bool = False) -> None:
        """Takes a plan; what became of the one before goes. ``begun``: an apply of it was cut short before."""
        self.planned, self.done, self.steps, self._begun, self.withheld = planned, None, [], begun, False

    @property
    def lang(self) -> str:
        return self.desk.lang

    def _face(self) -> Face:
        if not self.planned:
            return Face("")
        if self.desk.working == self._name:
            stop = "" if self.desk.stopping else say("guided.bar.stop", self.lang)
            return Face(say("fix.button.working", self.lang), False, stop)
        if self.done and self.done.good:
            return Face(say("guided.button.done", self.lang), False)
        plan = self.planned.plan
        if self.withheld or not plan.ready or not plan.changes:
            return Face(say(f"fix.button.{'open' if self.withheld or plan.open else 'none'}", self.lang), False)
        if self.steps or self._begun:
            return Face(say("guided.button.go_on", self.lang), not self.desk.working)
        told = {"service": plan.target.service, "count": count(len(plan.changes), self.lang)}
        enabled = bool(self.planned.incident) and not self.desk.working and not self.outdated
        return Face(say(f"fix.button.{plan.kind}", self.lang, **told), enabled)

    @property
    def outdated(self) -> bool:
        """Whether this plan was refused for what has changed since: pressing again would not help."""
        error = self.desk.error
        return self.desk.failed == self._name and error is not None and error.key in _OUTDATED

    def _pressed(self) -> None:
        if self.planned and self._face().enabled:
            given, digest = self.desk.given, self.planned.plan.digest
            self.steps = []
            self.desk.work(self._name, lambda stop: self._apply(given, digest, stop), self._over)

    def _apply(self, given: Parameters, digest: str, stop: Stop) -> Applied:
        total = len(self.planned.plan.changes) if self.planned else 0
        made = 0

        def told(step: Step) -> None:
            nonlocal made
            made += 1
            self.desk.tell(lambda: self.steps.append(step))
            if made < total:
                stop.wait(0)

        return fixing.apply(given, digest, told, undoing=self._undoing)

    def _over(self, done: Applied) -> None:
        self.done = done
        if not done.good:  # a new look is to give a new plan
            self.refused.add(done.plan.digest)

    def _shown(self) -> Section | None:
        if self.desk.failed == self._name:
            return problem(self.desk)
        if self.done:
            return fix_pages.applied_page(self.done, self.desk.given, self.lang)
        if self.steps or self._name in (self.desk.working, self.desk.stopped):
            lines = tuple(" · ".join(fix_pages.step_line(step, self.lang).values()) for step in self.steps)
            text = under_way(self.desk) if self.desk.working == self._name else ""
            stopped = problem(self.desk).blocks if self.desk.stopped == self._name else ()
            return note(text, self.lang, *stopped, Bullets(lines, numbered=True))
        return None


class Fix:
    """The plan of the newest look, its choices, and its approval."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._about: Look | None = None
        self._answers: dict[str, str] = {}
        self._asked: Parameters | None = None
        self._answered: Parameters | None = None
        self._pages: Mapping[str, Section] = {}
        self.approval = Approval(desk)
        self.questions = Questions(self._chose, self._chose_all)
        self.page = View(self._shown)
        desk.watch(self._changed)
        self._changed()

    def _changed(self) -> None:
        desk = self._desk
        if desk.seen is not self._about and not desk.working:
            self._about, self._answers = desk.seen, {}
            self.approval.show(None)
            if desk.seen:
                self._plan(desk.given)
        if desk.failed == "plan":
            self.approval.withheld = True
        if self.approval.outdated and self.approval.planned:
            self.approval.refused.add(self.approval.planned.plan.digest)
        if self._asked and not desk.working:
            self._plan(self._asked)
        self._ask(self.approval.planned.plan.choices if self.approval.planned else ())
        self.page.redraw()
        self.approval.action.redraw()

    def _ask(self, choices: tuple[Choice, ...]) -> None:
        desk = self._desk
        over = bool(self.approval.done or self.approval.steps)
        asked = [question(choice, desk.context) for choice in choices]
        self.questions.show(asked, self._answers, desk.lang, enabled=not over)
        left = [choice for choice in choices if not self._answers.get(choice.id)]
        offered = left and all(choice.suggested for choice in left)
        self.questions.offer(say("fix.answer.take", desk.lang) if offered else "")

    def _plan(self, given: Parameters) -> None:
        seen, folder = self._desk.seen, self._desk.folder
        self._asked = given if self._desk.working else None  # what was chosen meanwhile is planned after it
        if seen and not self._asked:
            cut, done = self._cut() if not self._answers else "", self._done()
            self._desk.work("plan", lambda _: _made(given, seen, folder, cut, done), self._planned)

    def _planned(self, made: _Made) -> None:
        found, self._pages, begun = made
        if not self._asked:
            self._answers = {choice.id: choice.answer for choice in found.plan.choices if choice.answer}
        self._desk.folder = self._desk.folder or found.incident
        self.approval.show(found, begun=begun)

    def _cut(self) -> str:
        """The plan that was approved and begun, and not made in full, unless it was refused here or failed since."""
        told, diagnosis = self._desk.trail, self._desk.diagnosis
        halfway = told.applied if diagnosis and diagnosis.failed("cause") else None
        begun = told.cut or (halfway if halfway and halfway.data.get("good") is not True else None)
        return "" if begun is None or begun.text("plan") in self.approval.refused else begun.text("plan")

    def _done(self) -> Entry | None:
        """What became of the plan that was applied in full before: it counts until a fix is what comes next."""
        told = self._desk.trail
        whole = told.applied is not None and told.applied.data.get("good") is True
        return told.applied if whole and not told.undone and told.following != "fix" else None

    def _chose(self, name: str, answer: str) -> None:
        if self._answers.get(name, "") == answer:
            return
        self._answer({name: answer})

    def _chose_all(self) -> None:
        self._answer({})

    def _answer(self, answers: Mapping[str, str]) -> None:
        """Plans with these answers; without any with those there are, and every suggestion for the rest."""
        self._answers = {**self._answers, **answers}
        chosen = ",".join(f"{name}={value}" for name, value in self._answers.items() if value)
        given = self._desk.given.model_copy(update={"choose": chosen, "suggested": not answers})
        if given != self._answered or self._desk.working != "plan":  # pressed twice it is one plan
            self._answered = given
            self._plan(given)

    def _shown(self) -> Section | None:
        desk, found = self._desk, self.approval.planned
        if desk.failed == "plan":
            return problem(desk)
        if not found:
            return note(say("guided.working.plan", desk.lang), desk.lang) if desk.working == "plan" else None
        return self._pages[desk.lang]


class Undo:
    """The way back: what can be taken back is looked up when somebody asks, and approved like a fix."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._nothing = desk, False
        self._pages: Mapping[str, Section] = {}
        self.approval = Approval(desk, undoing=True)
        self.ask = Action(self._face, self._pressed, desk.stop, self._shown)
        self.widgets: tuple[Any, ...] = (self.ask.widget, self.approval.action.widget)
        desk.watch(self._changed)

    def _changed(self) -> None:
        self.ask.redraw()
        self.approval.action.redraw()

    def _face(self) -> Face:
        idle = bool(self._desk.chosen) and not self._desk.working
        return Face(say("guided.button.undo", self._desk.lang), idle, main=False)

    def _pressed(self) -> None:
        given = self._desk.given
        self.approval.show(None)
        self._desk.work("undo", lambda _: _undoing(given), self._found)

    def _found(self, made: _Made | None) -> None:
        self._nothing = made is None
        planned, self._pages, _ = made or (None, {}, False)
        self.approval.show(planned)

    def _shown(self) -> Section | None:
        desk, found = self._desk, self.approval.planned
        if desk.failed == "undo":
            return problem(desk)
        if desk.working == "undo":
            return note(say("guided.working.undo", desk.lang), desk.lang)
        if found:
            return self._pages[desk.lang]
        if self._nothing:
            return fix_pages.undo_note(
                sentence("nothing-applied", {"service": desk.given.service}, desk.lang), desk.lang
            )
        return note(say("guided.idle.undo", desk.lang), desk.lang)


def _undoing(given: Parameters) -> _Made | None:
    """The way back; None where nothing was applied."""
    try:
        return _with_pages(fixing.plan_undo(given), given)
    except InputError as error:
        if error.key != "nothing-applied":
            raise
        return None


def _with_pages(found: Planned, given: Parameters) -> _Made:
    """A plan as it is shown, in every language, now: once it is applied, files are not what it was made from."""
    return found, {lang: fix_pages.plan_page(found, given, lang, pressed=True) for lang in LANGUAGES}, False


def _made(given: Parameters, seen: Look, folder: Path | None, cut: str, done: Entry | None) -> _Made:
    """The plan of a look; where an apply was cut short, the plan that goes on from there.

    Where one was applied before and there is nothing more to do, what became of that.
    """
    known = fixing.begun(given, seen, cut) if cut else None
    if known:
        found, entries = known
        about = {lang: runs.context(given, seen.evidence, lang) for lang in LANGUAGES}
        key = "elsewhere" if fixing.is_applying(given, found.plan.target) else "about"
        return found, {lang: _begun_page(found, entries, context, key) for lang, context in about.items()}, True
    found, pages, _ = _with_pages(fixing.planned(given, seen, folder), given)
    if done and not (found.plan.changes or found.plan.choices):
        with suppress(SafetyError):  # a plan that is not on record any more has nothing to show
            before = recorded(given, done.text("plan"))
            pages = {lang: _applied_page(before, done, runs.context(given, seen.evidence, lang)) for lang in LANGUAGES}
    return found, pages, False


def _begun_page(found: Planned, entries: tuple[Entry, ...], context: Context, key: str) -> Section:
    """What is known of each change of a plan that was cut short, or is being applied elsewhere."""
    from runbook_lib.applying import outcomes

    plan, ended = found.plan, outcomes(entries)
    left = [change for change in plan.changes if change.id not in ended]
    about = say(f"guided.begun.{key}", context.lang, digest=plan.digest)
    stands = _stands(plan, entries, context.lang)
    return note(about, context.lang, *outage(left, found.look.evidence, context), stands)


def _applied_page(before: Recorded, done: Entry, context: Context) -> Section:
    """What became of the plan that was applied before."""
    facts = {"digest": before.plan.digest, "at": f"{context.local(done.at):%H:%M:%S}"}
    shown = Status("ok", say("guided.applied.title", context.lang), say("guided.applied.about", context.lang, **facts))
    return Section("plan", "", (shown, _stands(before.plan, before.entries, context.lang)), context.lang)


def _stands(plan: Plan, entries: tuple[Entry, ...], lang: str) -> Bullets:
    """Each change of a plan, and what its record says became of it."""
    from runbook_lib.applying import facts_of, outcomes

    ended, tried = outcomes(entries), {entry.text("change") for entry in entries if entry.kind == "intent"}
    known = {entry.text("change"): entry.data for entry in entries if entry.kind == "change"}
    lines = []
    for change in plan.changes:
        outcome, title = known.get(change.id, {}).get("outcome"), plan_words.title(change, lang)
        if outcome == "failed":
            why = plan_words.problem(outcome, facts_of(known[change.id]), lang)
            lines.append(" · ".join([plan_words.outcome(outcome, lang), title, why]))
        elif outcome and change.id not in ended:
            lines.append(f"{plan_words.outcome(outcome, lang)} · {title}")
        else:
            stands = "done" if outcome else "uncertain" if change.id in tried else "left"
            lines.append(f"{say(f'guided.begun.{stands}', lang)} · {title}")
    return Bullets(tuple(lines), numbered=True)
