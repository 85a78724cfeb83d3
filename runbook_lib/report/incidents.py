"""Incidents for a terminal: the list, and the journal of one in the order of time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from runbook_lib.diagnosis.state import State
from runbook_lib.evidence.journal import Cause, Change, Entry, Status, changes
from runbook_lib.report import blocks as b
from runbook_lib.report import journaled, words
from runbook_lib.report.formats import moment, number, stamp
from runbook_lib.report.journaled import cause_title
from runbook_lib.report.markup import code, unticked
from runbook_lib.report.plain import text_of
from runbook_lib.text import has, say
from runbook_lib.text.visible import one_line

MOST_ENTRIES = 100  # in a table of a page
TONES: dict[Status, b.Tone] = {Status.OPEN: "run", Status.CLOSED: "ok", Status.LAPSED: "off"}


@dataclass(frozen=True)
class Row:
    """An incident in the list: its names, times (UTC), and what its newest look said, where there is one.

    ``causes`` are those of the newest look; of the first one where it names none: once it is mended they are gone.
    """

    id: str
    account: str
    region: str
    cluster: str
    service: str
    opened: datetime
    last: datetime
    status: Status
    look: Entry | None
    causes: tuple[Cause, ...]
    looks: int
    runs: int
    folder: str
    closed: Entry | None = None

    def as_json(self) -> dict[str, Any]:
        """The row for machines; causes by rule id."""
        return {
            "id": self.id,
            "account": self.account,
            "region": self.region,
            "cluster": self.cluster,
            "service": self.service,
            "opened_at": self.opened.isoformat(),
            "last_at": self.last.isoformat(),
            "status": self.status.value,
            "closed_at": self.closed.at.isoformat() if self.closed else "",
            "closed_why": self.closed.text("why") if self.closed else "",
            "state": self.look.text("state") if self.look else "",
            "causes": [cause.rule for cause in self.causes],
            "looks": self.looks,
            "runs": self.runs,
            "folder": self.folder,
        }


def listed(rows: Sequence[Row], lang: str, timezone: str) -> str:
    """The list for a terminal, newest first."""
    title = say("incidents.title", lang)
    if not rows:
        return text_of(title, (b.Paragraph(say("incidents.none", lang)),), lang)
    apart = len({(row.account, row.region) for row in rows}) > 1
    zone = say("incidents.zone", lang, zone=stamp(rows[0].last.isoformat(), timezone).split(" ", 2)[2])
    return text_of(title, (b.Paragraph(zone), *(_card(row, lang, timezone, apart) for row in rows)), lang)


def _card(row: Row, lang: str, timezone: str, apart: bool) -> b.Card:
    where = f"{row.account}/{row.region}/{row.cluster}" if apart else row.cluster
    word = say(f"incidents.status.{row.status}", lang)
    last = say("incidents.last", lang, at=moment(row.last.isoformat(), timezone), looks=row.looks, runs=row.runs)
    lines = [b.Paragraph(last)]
    if row.look:
        found = [_state(row.look.text("state"), lang), *(cause_title(cause, lang) for cause in row.causes)]
        lines.append(b.Paragraph(" · ".join(found)))
    if row.closed:
        at = moment(row.closed.at.isoformat(), timezone)
        lines.append(
            b.Paragraph(" · ".join([say("incidents.ended", lang, at=at), *closed_why(Change(row.closed), lang)]))
        )
    tag = b.Tag(word, TONES[row.status])
    return b.Card(code(row.id), tag, tuple(lines), code(f"{where}/{row.service}"))


def shown(row: Row, changes: Iterable[Change], damaged: int, lang: str, timezone: str) -> str:
    """One incident for a terminal: its head, then every entry in the order of time."""
    facts = (
        b.Fact(say("incidents.column.id", lang), (code(row.id),)),
        b.Fact(say("incidents.column.service", lang), (code(f"{row.cluster}/{row.service}"),)),
        b.Fact(say("incidents.where", lang), (code(f"{row.account}/{row.region}"),)),
        b.Fact(say("incidents.column.status", lang), (say(f"incidents.status.{row.status}", lang),)),
        b.Fact(say("incidents.opened", lang), (stamp(row.opened.isoformat(), timezone),)),
    )
    parts: list[b.Block] = [b.Facts(facts), _entries(changes, lang, timezone)]
    if damaged:
        parts.append(b.Paragraph(say("incidents.damaged", lang, count=damaged)))
    # The path stands on a line of its own, whole, to be copied.
    return f"{text_of(say('incidents.one', lang), tuple(parts), lang)}\n\n{one_line(row.folder)}"


def record(entries: Iterable[Entry], lang: str, timezone: str) -> tuple[b.Block, ...]:
    """Entries of a journal as a table for a page; of very many the first and the last, and how many are left out."""
    found, half = tuple(changes(entries)), MOST_ENTRIES // 2
    if len(found) <= MOST_ENTRIES:
        return (_entries(found, lang, timezone),)
    left = say("incidents.left_out", lang, count=number(len(found) - MOST_ENTRIES), half=half)
    return _entries(found[:half] + found[-half:], lang, timezone), b.Paragraph(left, "quiet")


def _entries(changes: Iterable[Change], lang: str, timezone: str) -> b.Table:
    heads = tuple(say(f"incidents.column.{name}", lang) for name in ("at", "kind", "who", "what"))
    return b.Table("", heads, tuple(_entry(change, lang, timezone) for change in changes), "record")


def _entry(change: Change, lang: str, timezone: str) -> tuple[b.Cell, ...]:
    entry = change.entry
    at = moment(entry.at.isoformat(), timezone)
    return tuple(b.Cell(text) for text in (at, kind(entry, lang), who(entry), what(change, lang)))


def kind(entry: Entry, lang: str) -> str:
    """What kind of entry it is; one that this version does not know has its own name."""
    key = f"incidents.kind.{entry.kind}"
    return say(key, lang) if has(key) else code(entry.kind)


def who(entry: Entry) -> str:
    """Who wrote it, or ``""``."""
    return code(entry.who) if entry.who else ""


def what(change: Change, lang: str) -> str:
    """What an entry says, in one line."""
    return " · ".join(_WHAT[change.entry.kind](change, lang)) if change.entry.kind in _WHAT else ""


def _looked(change: Change, lang: str) -> list[str]:
    new = [say("incidents.new", lang, cause=cause_title(cause, lang)) for cause in change.new]
    gone = [say("incidents.gone", lang, cause=cause_title(cause, lang)) for cause in change.gone]
    by = change.entry.text("by")
    return [_state(change.entry.text("state"), lang), *new, *gone, *([code(by)] if by else [])]


def _ran(change: Change, lang: str) -> list[str]:
    status = change.entry.text("status")
    error = change.entry.text("error")
    key = f"incidents.run.{'killed' if status == 'interrupted' and error == 'killed' else status}"
    word = say(key, lang) if has(key) else code(status)
    told = [code(error)] if error and status == "failed" else []
    return [word, *told, code(change.entry.text("run"))]


def _failed(change: Change, lang: str) -> list[str]:
    """The name of the error, as the JSON of commands has it, and the notebook in which it was met."""
    return [code(change.entry.text(name)) for name in ("error", "by") if change.entry.text(name)]


def _opened(change: Change, lang: str) -> list[str]:
    key = f"incidents.why.{change.entry.text('why')}"
    return [say(key, lang)] if has(key) else []


def closed_why(change: Change, lang: str) -> list[str]:
    """Why it was closed: by what was checked, or in the words of whoever closed it."""
    key, reason = f"incidents.closing.{change.entry.text('why')}", change.entry.text("reason")
    found = [say(key, lang, revision=unticked(change.entry.text("revision")))] if has(key) else []
    return [*found, *([code(reason)] if reason else [])]


def _verified(change: Change, lang: str) -> list[str]:
    """The outcome that decided, and each request's address with its own."""
    checks = change.entry.data.get("checks")
    asked = [c for c in checks if isinstance(c, dict) and c.get("url")] if isinstance(checks, list) else []
    return [_outcome(change.entry.text("outcome"), lang), *(code(c["url"]) for c in asked)]


def _outcome(word: str, lang: str) -> str:
    key = "incidents.run.interrupted" if word == "interrupted" else f"verify.outcome.{word}.title"
    return say(key, lang) if has(key) else code(word)


_WHAT = {
    "opened": _opened,
    "look": _looked,
    "run": _ran,
    "problem": _failed,
    "closed": closed_why,
    "verify": _verified,
    **journaled.WHAT,
}


def _state(state: str, lang: str) -> str:
    known = {s.value: s for s in State}
    return words.state(known[state], lang) if state in known else code(state)
