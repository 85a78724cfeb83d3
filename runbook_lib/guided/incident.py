"""An incident in a notebook with somebody in front of it: views that change, and buttons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from runbook_lib.cells import Cells
from runbook_lib.diagnosis.trail import Place
from runbook_lib.errors import InputError
from runbook_lib.evidence.journal import opened_at
from runbook_lib.guided.adjusting import Adjusting
from runbook_lib.guided.candidates import spoken
from runbook_lib.guided.desk import Desk
from runbook_lib.guided.fix import Fix, Undo
from runbook_lib.guided.follow import Archiving, Verifying, Watching
from runbook_lib.guided.pages import note, problem, under_way
from runbook_lib.guided.starting import Starting
from runbook_lib.parameters import Parameters
from runbook_lib.report import sections
from runbook_lib.report.blocks import Block, Paragraph, Path
from runbook_lib.report.formats import moment
from runbook_lib.report.render import Section
from runbook_lib.report.sections.findings import banner
from runbook_lib.report.sections.trail import astray, onward, path
from runbook_lib.report.widgets.bar import Bar, Choice, Presses
from runbook_lib.report.widgets.tables import Sifted
from runbook_lib.report.widgets.view import View, below
from runbook_lib.text import language, say

if TYPE_CHECKING:
    from runbook_lib.guided.candidates import Candidate


class Guided(Cells):
    """A service in a notebook: every method returns a widget that shows what there is now, and changes with it.

    Reading begins here, beside the kernel. A cell that is run again shows the same view again.
    """

    def __init__(self, given: Parameters, place: Place | None) -> None:
        self._desk = Desk(given, language(spoken(given), given.lang), place)
        self._views: dict[str, View | Sifted] = {}
        self._desk.read()

    @property
    def parameters(self) -> Parameters:
        """The parameters of the service that is chosen."""
        return self._desk.given

    def wait(self) -> None:
        """Waits until the work under way has ended; a notebook need not."""
        self._desk.wait()

    def _repr_mimebundle_(self, **options: Any) -> Any:
        return self.here()._repr_mimebundle_(**options)

    def _view(self, name: str, draw: Callable[[], Section | None], kind: type[View | Sifted] = View) -> Any:
        if name not in self._views:
            view = self._views[name] = kind(draw)
            self._desk.watch(view.redraw)
        return self._views[name].widget

    def _section(self, name: str) -> Any:
        return self._view(name, lambda: self._read(name), Sifted)

    def _read(self, name: str) -> Section:
        desk = self._desk
        if desk.seen:
            section: Section = getattr(sections, name)(desk.diagnosis, desk.seen.evidence, desk.context)
            return section
        waits = "look" if desk.working else "problem" if desk.chosen else "chosen"
        return note(say(f"guided.waiting.{waits}", desk.lang), desk.lang)

    def checklist(self) -> Any:
        """The guide's seven questions, each of which opens to show what answered it."""
        return self._section("checklist_evidence")

    # Where one is

    def here(self) -> Any:
        """The service, the language, where on the path this notebook is, and what was found so far."""
        return self._bar.widget

    def settings(self) -> Any:
        """The parameters of this notebook as a form that opens; what is changed in it counts here alone."""
        return self._adjusting.form.widget

    @cached_property
    def _adjusting(self) -> Adjusting:
        return Adjusting(self._desk)

    @cached_property
    def _bar(self) -> Bar:
        desk = self._desk
        presses = Presses(desk.choose, desk.speak, self._again, desk.stop)
        bar = Bar(self._choice, lambda: desk.lang, presses, self._here)
        desk.watch(bar.redraw)
        return bar

    def _again(self) -> None:
        if self._desk.place == "start":
            self._starting.read()
        else:
            self._desk.read()

    def _choice(self) -> Choice:
        desk = self._desk
        twice = Counter((one.given.service, one.given.cluster) for one in desk.known)
        options = [
            (_label(one, desk.lang, apart=twice[one.given.service, one.given.cluster] > 1), one.key)
            for one in desk.known
        ]
        return Choice(options, desk.chosen.key if desk.chosen else "", bool(desk.working))

    def _here(self) -> Section:
        desk = self._desk
        practice = banner(desk.seen.evidence, desk.context) if desk.seen else ()
        return Section("here", "", (*practice, self._path(), *self._doing()), desk.lang)

    def _path(self) -> Path:
        desk = self._desk
        shown = path(desk.trail, desk.diagnosis, desk.target, desk.place, desk.context)
        return astray(shown, desk.context) if desk.absent else shown

    def _doing(self) -> Iterator[Block]:
        """What is being done, or what went wrong, or what comes next."""
        desk = self._desk
        if desk.working:
            yield Paragraph(under_way(desk), "quiet")
        elif desk.problem():
            yield from problem(desk).blocks
        else:
            yield onward(desk.trail, desk.place, bool(desk.chosen) and not desk.absent, desk.context)

    def onward(self) -> Any:
        """What was found and done so far, and what comes next with its link: where a notebook that has run ends."""
        return self._view("onward", self._onward)

    def _onward(self) -> Section:
        return Section("onward", "", (self._path(), *self._doing()), self._desk.lang)

    # Where one starts

    @cached_property
    def _starting(self) -> Starting:
        return Starting(self._desk)

    def services(self) -> Any:
        """A form for a service that is not known yet: by what the account has, or typed."""
        return self._starting.form.widget

    def past(self) -> Any:
        """The past incidents of the service."""
        return self._starting.past.widget

    def save(self) -> Any:
        """The button that writes the service's parameters file, and what it would say."""
        return self._starting.saving.action.widget

    # What is done

    @cached_property
    def _fix(self) -> Fix:
        return Fix(self._desk)

    def plan(self) -> Any:
        """Guide, steps 1 to 3: what would be changed and why; what is still to be chosen is chosen here."""
        return below(self._fix.questions.widget, self._fix.page.widget)

    def apply(self) -> Any:
        """The one button that approves the plan, what it is doing, and what became of it."""
        return self._fix.approval.action.widget

    @cached_property
    def _undo(self) -> Undo:
        return Undo(self._desk)

    def undo(self) -> Any:
        """What can be taken back, and the button that does."""
        return below(*self._undo.widgets)

    @cached_property
    def _watching(self) -> Watching:
        return Watching(self._desk)

    def watch(self) -> Any:
        """Guide, step 4: the deployment, live until it ends or somebody stops watching."""
        return self._watching.action.widget

    @cached_property
    def _verifying(self) -> Verifying:
        return Verifying(self._desk)

    def verify(self) -> Any:
        """Guide, step 5: a button that asks every way in to the service, and the answers."""
        return self._verifying.action.widget

    @cached_property
    def _archiving(self) -> Archiving:
        return Archiving(self._desk)

    def report(self) -> Any:
        """A button that writes the report into the archive, and the link to it."""
        return self._archiving.action.widget

    def frame(self, kind: str) -> Any:
        """A pandas DataFrame of ``tasks``, ``deployments``, ``events`` or ``images`` to work on.

        Raises
        ------
        InputError
            Nothing has been read yet.
        """
        from runbook_lib.report.frames import frame

        if not self._desk.seen:
            raise InputError("nothing-read")
        return frame(self._desk.seen.evidence, kind)


def _label(one: Candidate, lang: str, *, apart: bool) -> str:
    """A service as it can be chosen: its names (with the Region where two are alike), its incident, and the lab."""
    given = one.given
    if given.evidence:
        return say("guided.bar.saved", lang, file=given.evidence)
    parts = [given.service, given.cluster, *([given.region] if apart and given.region else [])]
    if opened := opened_at(one.incident):
        parts.append(say("guided.bar.incident", lang, at=moment(opened.isoformat(), given.timezone)[5:16]))
    if given.credentials == "lab":
        parts.append(say("guided.bar.lab", lang))
    return " · ".join(parts)
