"""Choosing a service with somebody in front of it: what the account has, past incidents, the parameters file."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from runbook_lib import parameters_file, services, starting_pages
from runbook_lib.archive import journal
from runbook_lib.errors import RunbookError
from runbook_lib.guided.background import Stop
from runbook_lib.guided.candidates import Candidate, candidates, reached, remember, within
from runbook_lib.guided.desk import Desk, told
from runbook_lib.guided.pages import note
from runbook_lib.parameters import Parameters
from runbook_lib.parameters_file import Draft
from runbook_lib.report.blocks import Block, Paragraph, Status
from runbook_lib.report.render import Section
from runbook_lib.report.sections.starting import counted, problems
from runbook_lib.report.widgets.form import Entries, Filled, Form, Picking
from runbook_lib.report.widgets.view import Action, Face, View
from runbook_lib.services import Found
from runbook_lib.text import say
from runbook_lib.text.visible import one_line

_regions = lru_cache(maxsize=1)(services.regions)


@dataclass(frozen=True)
class Way:
    """How AWS is reached: by a profile, or at another address with its keys."""

    profile: str = ""
    endpoint_url: str = ""
    credentials: str = ""
    connect_to: str = ""

    @property
    def key(self) -> str:
        """What tells it from the others."""
        return "\n".join((self.profile, self.endpoint_url, self.credentials))


@dataclass
class _Progress:
    count: int = 0


class Starting:
    """The form for a service that is not known yet, and what is shown of the one that is chosen."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.way, self.region, self.cluster = Way(), "", ""
        self.found: Found | None = None
        self.error: RunbookError | None = None
        self.wrong = ""
        self._progress = _Progress()
        self._about: Parameters | None = None
        self._profiles = services.profiles()
        self._fill()
        entries = Entries(
            self._take_way, self._take_region, self._take_cluster, self._take_service, self.read, desk.stop
        )
        self.form = Form(self._filled, lambda: desk.lang, entries, self._shown)
        self.past = View(Past(desk).draw)
        self.saving = Saving(desk)
        desk.lacking = self._lacks
        desk.watch(self._changed)
        self.read()

    def _changed(self) -> None:
        if self.desk.given != self._about and self.desk.chosen:
            before = (self.way, self.region, self.cluster)
            self._fill()
            if before != (self.way, self.region, self.cluster):
                self.read()
        self.form.redraw()
        self.past.redraw()

    def _fill(self) -> None:
        """Takes what is known of the service that is chosen."""
        given = self._about = self.desk.given
        self.way = Way(given.profile, given.endpoint_url, given.credentials, given.connect_to)
        self.region, self.cluster = given.region or services.region_of(given.profile), given.cluster
        self.error, self.wrong = None, ""

    @property
    def _about_chosen(self) -> bool:
        """Whether the form is where the service is that is chosen: its way in, Region and cluster."""
        given = self.desk.given
        where = (given.profile, given.endpoint_url, given.region or self.region, given.cluster)
        return self.desk.chosen is not None and where == (
            self.way.profile, self.way.endpoint_url, self.region, self.cluster,
        )  # fmt: skip

    def _lacks(self) -> bool:
        given, found = self.desk.given, self.found
        return found is not None and self._about_chosen and found.lacks(given.cluster, given.service)

    # What somebody chose or typed

    def _take_way(self, key: str) -> None:
        self.way = next(way for way in self._ways() if way.key == key)
        self._take_region(services.region_of(self.way.profile) or self.region)

    def _take_region(self, region: str) -> None:
        self.region, self.cluster, self.wrong = region.strip(), "", ""
        self.read()

    def _take_cluster(self, typed: str) -> None:
        given = self._asked(cluster=typed)
        if given:
            self.cluster = given.cluster
            self.read(keep=True)
        self.form.redraw()

    def _take_service(self, typed: str) -> None:
        whole = typed.startswith("arn:") and typed.count("/") == 2  # names its cluster too
        given = self._asked(service=typed) if not whole else self._asked(service=typed, cluster="", region="")
        if given and not given.cluster:
            self.wrong = "cluster"
        elif given:
            self.desk.take(Candidate(given))
        self.form.redraw()

    def _asked(self, **names: str) -> Parameters | None:
        """The parameters by which AWS is asked, or None where what was typed can be none; why is shown."""
        told = {"cluster": self.cluster, "service": "", "region": self.region, **names}
        way = {name: getattr(self.way, name) for name in Way.__dataclass_fields__}
        self.wrong, self.error = "", None
        try:
            given = reached(self.desk.asked, way | told)
        except RunbookError as error:
            self.error = error if error.key != "parameter-invalid" else None
            self.wrong = "" if self.error else "region" if error.facts["name"] == "region" else "name"
            return None
        if not given.region:
            self.wrong = "region"
        return given if given.region else None

    # What the account has

    def read(self, *, keep: bool = False) -> None:
        """Lists clusters and services beside the kernel; with ``keep`` the clusters that are known stay."""
        self.desk.stop()
        given, before = self._asked(), self.found if keep else None
        self.found = before
        if given is None:
            self.desk.changed()
            return
        progress = self._progress = _Progress()
        self.desk.work("account", lambda stop: self._read(given, progress, stop, before), self._took)

    def _read(self, given: Parameters, progress: _Progress, stop: Stop, before: Found | None) -> Any:
        def told(count: int) -> None:
            stop.wait(0)
            self.desk.tell(lambda: setattr(progress, "count", count))

        try:
            return services.found(given, told, before), None
        except RunbookError as error:  # it belongs to no incident's record: nothing was looked at yet
            return None, error

    def _took(self, result: tuple[Found | None, RunbookError | None]) -> None:
        self.found, self.error = result
        if self.found and not self.cluster:
            self.cluster = self.found.cluster

    # What is shown

    def _ways(self) -> list[Way]:
        """Profiles, or the addresses of labs; where an address was given to the notebook there is no other."""
        asked = self.desk.asked
        labs = [one.given for one in self.desk.known if one.given.credentials] + ([asked] if asked.credentials else [])
        own = {
            way.key: way
            for given in labs
            for way in [Way(given.profile, given.endpoint_url, given.credentials, given.connect_to)]
        }
        if asked.credentials:
            return list(own.values())
        named = dict.fromkeys(("", *self._profiles, self.way.profile))
        real = [Way(profile, asked.endpoint_url) for profile in named]
        known = {way.key: way for way in (*real, *own.values())}
        return list({**known, self.way.key: self.way}.values())

    def _filled(self) -> Filled:
        lang, found = self.desk.lang, self.found
        clusters = found.clusters.names.names if found and found.clusters.names else ()
        same = found is not None and found.cluster == self.cluster
        listed = found.services.names.names if found and same and found.services.names else ()
        chosen = self.desk.given.service if self._about_chosen else ""
        return Filled(
            [(_label(way, lang), way.key) for way in self._ways()],
            self.way.key,
            _regions(),
            self.region,
            Picking(clusters, self.cluster),
            Picking(listed, chosen, bool(self.cluster)),
            self.desk.working == "account",
        )

    def _shown(self) -> Section:
        lang = self.desk.lang
        if self.desk.working == "account":
            count = say("starting.line.so_far", lang, count=f"{self._progress.count:,}")
            return note(count if self._progress.count else say("guided.working.account", lang), lang)
        return note(say("starting.form.intro", lang), lang, *self._found_blocks())

    def _found_blocks(self) -> list[Block]:
        desk, out = self.desk, list[Block]()
        if self.found:
            context = starting_pages.context(desk.given, desk.lang)
            lists = starting_pages.lists(self.found, desk.lang)
            counts = dict(zip(("clusters", "services"), (counted(one, context) for one in lists), strict=True))
            out.append(Paragraph(say("starting.line.found", desk.lang, **counts), "quiet"))
            about = starting_pages.about(self.found, desk.given)
            out += problems(lists, about, desk.absent, context)
        if self.error:
            out.append(Status("bad", say("guided.problem.title", desk.lang), told(self.error, desk.lang)))
        if self.wrong:
            out.append(
                Status("bad", say("guided.problem.title", desk.lang), say(f"starting.problem.{self.wrong}", desk.lang))
            )
        return out


def _label(way: Way, lang: str) -> str:
    if way.credentials:
        return say("starting.form.lab", lang, endpoint=way.endpoint_url)
    return one_line(way.profile) or say("starting.form.default", lang)


class Past:
    """The incidents of the service that is chosen; read again only where there is something new."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._stands: Any = None
        self._page: Section | None = None

    def draw(self) -> Section:
        """The section."""
        desk = self.desk
        if not desk.chosen:
            return note(say("guided.waiting.chosen", desk.lang), desk.lang)
        known = starting_pages.incidents(desk.given)
        stands = (desk.given, desk.lang, [(one.folder, journal.marks(one.folder)) for one in known])
        if self._page is None or stands != self._stands:
            self._stands, self._page = stands, starting_pages.past_page(known, desk.given, desk.lang)
        return self._page


class Saving:
    """The one button that writes the parameters file."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._made: tuple[Any, Draft | RunbookError] | None = None
        self._done: tuple[Any, Draft] | None = None
        self._error: RunbookError | None = None
        self.action = Action(self._face, self.press, desk.stop, self._shown)
        desk.watch(self._changed)

    @property
    def _about(self) -> Any:
        return self.desk.given, self.desk.lang

    def _changed(self) -> None:
        if self._made and self._made[0] != self._about:
            self._made, self._error = None, None
        self.action.redraw()

    def _draft(self) -> Draft | RunbookError | None:
        """The file as it would be; an error of ours where it can be none; None where no service is chosen."""
        desk = self.desk
        if not desk.chosen or desk.given.evidence:
            return None
        if self._made is None:
            self._made = self._about, _drafted(desk.given, desk.lang)
        return self._made[1]

    def _face(self) -> Face:
        draft = self._draft()
        return Face(say("starting.save.button", self.desk.lang), isinstance(draft, Draft) and not draft.saved)

    def press(self) -> None:
        """Writes the file, and what was chosen is known from now on."""
        desk, draft = self.desk, self._draft()
        if not isinstance(draft, Draft):
            return
        self._made, self._error = None, None
        try:
            parameters_file.write(draft)
        except RunbookError as error:
            self._error = error
        else:
            self._done = self._about, draft
            self._known()
        desk.changed()

    def _known(self) -> None:
        desk = self.desk
        desk.known = candidates(desk.asked)
        if desk.chosen:
            desk.chosen = within(desk.known, desk.chosen.key) or desk.chosen
            self._done = (self._about, self._done[1]) if self._done else None
            remember(desk.chosen, desk.known, desk.asked)

    def _shown(self) -> Section | None:
        desk, draft = self.desk, self._draft()
        error = self._error or (draft if isinstance(draft, RunbookError) else None)
        if error:
            return note("", desk.lang, Status("bad", say("guided.problem.title", desk.lang), told(error, desk.lang)))
        if self._done and self._done[0] == self._about:
            return starting_pages.file_page(self._done[1], "done", desk.given, desk.lang)
        if not isinstance(draft, Draft):
            return note(
                say(f"{'starting.save.replay' if desk.chosen else 'guided.waiting.chosen'}", desk.lang), desk.lang
            )
        outcome = "same" if draft.saved else "new" if draft.before is None else "change"
        return starting_pages.file_page(draft, outcome, desk.given, desk.lang)


def _drafted(given: Parameters, lang: str) -> Draft | RunbookError:
    region = given.region or services.region_of(given.profile)
    try:
        return parameters_file.draft(given.model_copy(update={"region": region, "lang": lang}))
    except RunbookError as error:
        return error
