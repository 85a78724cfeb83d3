"""What one starts from, as sections: the account's clusters and services, past incidents, the parameters file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from runbook_lib.errors import nearest
from runbook_lib.evidence.journal import Change, Status
from runbook_lib.evidence.model import Target
from runbook_lib.report import blocks as b
from runbook_lib.report.commands import in_shell, of_account
from runbook_lib.report.context import Context
from runbook_lib.report.formats import moment, number, stamp
from runbook_lib.report.incidents import TONES, Row, closed_why
from runbook_lib.report.journaled import cause_title
from runbook_lib.report.markup import code, unticked
from runbook_lib.report.render import Section
from runbook_lib.text import say

MOST_NAMES, MOST_ROWS = 20, 10


@dataclass(frozen=True)
class NameList:
    """One list as it is shown; ``problem`` is the sentence that says why there is none."""

    names: tuple[str, ...] = ()
    partial: bool = False
    strange: int = 0
    problem: str = ""
    asked: bool = True


def services(lists: tuple[NameList, NameList], about: Target, absent: bool, context: Context) -> Section:
    """Who asks and where, the clusters, the services of the cluster, and whether the service is among them."""
    rows = [*_where(about, context), *_lists(lists, context)]
    inside = [*_banner(context), b.Facts(tuple(rows)), *problems(lists, about, absent, context)]
    asked = zip(lists, of_account(about, context.commands), strict=False)
    shells = [b.Shell(say(command.title_key, context.lang), command.text) for one, command in asked if one.asked]
    return Section("services", _say(context, "title.services"), (*inside, *shells), context.lang)


def problems(lists: tuple[NameList, NameList], about: Target, absent: bool, context: Context) -> Iterator[b.Block]:
    """What could not be listed, one sentence each, and that a name is none of AWS's."""
    for sentence in dict.fromkeys(one.problem for one in lists if one.problem):
        yield b.Status("unk", _say(context, "problem.unseen"), sentence)
    if absent:
        facts = {name: unticked(getattr(about, name)) for name in ("cluster", "service", "region")}
        near = _nearest(lists, about)
        told = _say(context, f"problem.absent_{'near' if near else 'service'}", nearest=unticked(near), **facts)
        yield b.Status("bad", _say(context, "problem.absent"), told)


def _nearest(lists: tuple[NameList, NameList], about: Target) -> str:
    """The name that AWS has and that is most like the one which it has not: of the cluster, else of the service."""
    clusters, services = (list(one.names) for one in lists)
    return nearest(about.service, services) if about.cluster in clusters else nearest(about.cluster, clusters)


def _banner(context: Context) -> tuple[b.Block, ...]:
    return (b.Banner(context.say("lab.title"), code(context.commands.endpoint_url)),) if context.lab else ()


def _where(about: Target, context: Context) -> Iterator[b.Fact]:
    options = context.commands
    own = _say(context, "line.keys" if context.lab else "line.default")
    yield _fact("profile", (code(options.profile) if options.profile else own,), context)
    yield _fact("region", (code(about.region),), context)
    if about.account:
        yield _fact("account", (code(about.account),), context)
    if options.endpoint_url:
        yield _fact("endpoint", (code(options.endpoint_url),), context)


def _lists(lists: tuple[NameList, NameList], context: Context) -> Iterator[b.Fact]:
    for name, one in zip(("clusters", "services"), lists, strict=True):
        yield _fact(
            name, (counted(one, context), *(code(n) for n in one.names[:MOST_NAMES]), *_more(one, context)), context
        )


def counted(one: NameList, context: Context) -> str:
    """How many there are, as far as it is known."""
    if one.problem or not one.asked:
        return _say(context, "problem.unseen" if one.problem else "line.unasked")
    if not one.names:
        return _say(context, "line.none")
    return _say(context, "line.partial" if one.partial else "line.count", count=number(len(one.names)))


def _more(one: NameList, context: Context) -> Iterator[str]:
    if len(one.names) > MOST_NAMES:
        yield _say(context, "line.more", count=number(len(one.names) - MOST_NAMES))
    if one.strange:
        yield _say(context, "line.strange", count=number(one.strange))


def _fact(name: str, lines: tuple[str, ...], context: Context) -> b.Fact:
    return b.Fact(_say(context, f"fact.{name}"), lines)


def past(rows: Sequence[Row], older: int, context: Context) -> Section:
    """The incidents of a service, newest first; ``older`` counts those that are not among the rows."""
    title = _say(context, "title.past")
    if not rows:
        return Section("past", title, (b.Paragraph(_say(context, "past.none"), "quiet"),), context.lang)
    columns = tuple(_say(context, f"past.{name}") for name in ("id", "opened", "status", "causes", "closed"))
    zone = stamp(rows[0].opened.isoformat(), context.timezone).split(" ", 2)[2]
    table = b.Table(
        _say(context, "past.caption", zone=zone), columns, tuple(_row(row, context) for row in rows), "past"
    )
    more = (b.Paragraph(_say(context, "past.more", count=older), "quiet"),) if older else ()
    return Section("past", title, (*_opened(rows, context), table, *more), context.lang)


def _opened(rows: Sequence[Row], context: Context) -> Iterator[b.Block]:
    for row in rows:
        if row.status is Status.OPEN:
            at = moment(row.opened.isoformat(), context.timezone)
            yield b.Status(
                "run", _say(context, "past.open"), _say(context, "past.open_line", id=unticked(row.id), at=at)
            )


def _row(row: Row, context: Context) -> tuple[b.Cell, ...]:
    lang = context.lang
    evidence = row.look.data.get("evidence") if row.look else None
    practised = isinstance(evidence, dict) and evidence.get("lab") is True
    causes = [cause_title(cause, lang) for cause in row.causes]
    why = closed_why(Change(row.closed), lang) if row.closed else []
    return (
        b.Cell(code(row.id), note=_say(context, "past.lab") if practised else ""),
        b.Cell(moment(row.opened.isoformat(), context.timezone), "time"),
        b.state(TONES[row.status], say(f"incidents.status.{row.status}", lang)),
        b.Cell(" · ".join(causes) or "–"),
        b.Cell(" · ".join(why) or "–"),
    )


def file(line: str, name: str, texts: tuple[str | None, str], context: Context) -> Section:
    """The parameters file: a line about it, and its text before (None: there is none) and after."""
    before, after = texts
    use = ("ecs-runbook", "diagnose", "--params", name)
    lines = tuple(_difference(before, after))
    inside = (b.Paragraph(line), *([b.Difference(lines)] if lines else []))
    shell = b.Shell(_say(context, "save.use"), in_shell(use))
    return Section("file", _say(context, "title.save"), (*inside, shell), context.lang)


def _difference(before: str | None, after: str) -> Iterator[b.Line]:
    """A new file whole; of one that is there what changes alone: the rest is its owner's, and not to be shown."""
    old, new = (before or "").splitlines(), after.splitlines()
    if before is None:
        yield from (b.Line("same", line) for line in new)
        return
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            yield from (b.Line("before", line) for line in old[i1:i2])
            yield from (b.Line("after", line) for line in new[j1:j2])


def _say(context: Context, key: str, **facts: object) -> str:
    return say(f"starting.{key}", context.lang, **facts)
