"""The blameless postmortem of an incident that its journal tells: what each part of the page says once it is over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from runbook_lib.diagnosis.checklist import Answer
from runbook_lib.diagnosis.engine import Diagnosis
from runbook_lib.diagnosis.episodes import Episode, episodes, undone
from runbook_lib.diagnosis.state import State
from runbook_lib.diagnosis.story import Seen, Story, Worst
from runbook_lib.evidence.journal import Entry
from runbook_lib.evidence.model import Evidence
from runbook_lib.report import impact, plan_words, prevented, sections, sightings, words
from runbook_lib.report.blocks import (
    Block,
    Bullets,
    Card,
    Cell,
    Fact,
    Facts,
    Figure,
    Figures,
    Fold,
    Heading,
    Paragraph,
    Status,
    Table,
    state,
)
from runbook_lib.report.context import Context
from runbook_lib.report.formats import duration, minutes, number
from runbook_lib.report.headline import headline
from runbook_lib.report.incidents import record, who
from runbook_lib.report.journaled import cause_title
from runbook_lib.report.markup import code
from runbook_lib.report.render import Section
from runbook_lib.report.sections import history, made
from runbook_lib.report.sections.findings import cause_line
from runbook_lib.report.sections.values import OUTCOME_TONE, full_stamp, look_stamp, unfinished_since
from runbook_lib.text import say

PROOF = ("verify", "closed")
Maker = Callable[[Diagnosis, Evidence, Context], Section]
DONE = ("plan", "approval", "change", "intent", "applied", "watch", "run")
_RAW = (
    sections.service_state,
    sections.running_tasks,
    sections.task_details,
    sections.service_events,
    sections.image_tags,
)


class Postmortem:
    """Every part of the page, from the story, the look of now and how to word it."""

    def __init__(self, told: Story, diagnosis: Diagnosis, evidence: Evidence, context: Context) -> None:
        self.told, self.diagnosis, self.evidence, self.context = told, diagnosis, evidence, context
        self.worst, self.lang = told.worst, context.lang

    def word(self, key: str, /, **facts: object) -> str:
        """A word of the story."""
        return say(f"story.{key}", self.lang, **facts)

    def time(self, moment: datetime) -> str:
        """A time of day; with its date where the incident or the look of now is of another day."""
        return sightings.time(moment, self.told, self.evidence, self.context)

    def title(self) -> str:
        """The title of the page: whose deployment had failed or was stuck, or whose fix is being deployed."""
        stuck = self.worst is not None and self.worst.diagnosis.state is State.STUCK
        name = "deploying" if self.deploying else "stuck" if stuck else "failing"
        return self.word(f"title.{name}", service=code(self.evidence.target.service))

    @property
    def deploying(self) -> bool:
        """Whether what was done about it is still being deployed: it is no postmortem yet."""
        return self.told.recovered is None and self.diagnosis.state is State.DEPLOYING

    def head(self) -> Status:
        """The state now, and since when."""
        tone, word = headline(self.diagnosis, self.evidence, self.lang)
        if self.told.unseen:
            tone, word = "ok", self.word("status.over")
        proof = self.told.recovered
        if self.deploying and (began := unfinished_since(self.diagnosis, self.evidence)):
            length = minutes((self.told.now - began).total_seconds(), self.lang)
            return Status(tone, word, self.word("status.deploying", length=length))
        at = full_stamp(proof.at, self.context) if proof else ""
        return Status(tone, word, self.word("status.recovered", at=at) if proof else self.word("status.unproven"))

    def parts(self) -> dict[str, tuple[Block, ...]]:
        """The blocks of each part by its name, in the order of the page."""
        return {
            "summary": self._summary(),
            "impact": impact.blocks(self.told, self.evidence, self.context),
            "timeline": history.blocks(self.told, self.diagnosis, self.evidence, self.context),
            "symptoms": self._symptoms(),
            "causes": self._causes(),
            "fix": self._fix(),
            "verify": self._verify(),
            "checklist": self._checklist(),
            "unread": self._unread(),
            "prevention": prevented.blocks(self.told, self.diagnosis, self.evidence, self.context),
            "appendix": self._appendix(),
        }

    def _summary(self) -> tuple[Block, ...]:
        causes = tuple(self._cause_lines())
        lead = Paragraph(" ".join(self._lead()), "lead")
        return (lead, *((Bullets(causes),) if causes else ()), *damaged(self.context), Figures(tuple(self._figures())))

    def _lead(self) -> Iterator[str]:
        told, name = self.told, str(self.worst.diagnosis.state) if self.worst else ""
        yield self.word(f"lead.{name if name in ('stuck', 'failing') else 'other'}")
        yield self._length()
        yield impact.worst_line(told, self.evidence, self.context)
        yield self._counted("causes", len(told.causes)) if told.causes else self._no_causes()
        yield from self._made()
        yield from self._proofs()
        now = headline(self.diagnosis, self.evidence, self.lang)[1]
        yield self.word("lead.unseen" if told.unseen else "lead.now", state=now, at=self.time(told.now))

    def _counted(self, name: str, count: int, **facts: object) -> str:
        return self.word(f"lead.{name}_{'one' if count == 1 else 'many'}", count=count, **facts)

    def _no_causes(self) -> str:
        """That none is on record; nothing of looks that cannot be read."""
        return self.word("lead.no_causes_read" if self.context.damaged or self.told.unreadable else "lead.no_causes")

    def _made(self) -> Iterator[str]:
        """What was changed, and what may have been."""
        told = self.told
        made, cut, failed = len(told.changes), len(told.cut_short), len(told.failed)
        if made:
            kinds = dict.fromkeys(plan_words.kind(e.text("what"), self.lang) for e in told.changes)
            yield self._counted("changes", made, what=", ".join(kinds))
        elif not cut and not failed:
            yield self.word("lead.no_changes_read" if self.context.damaged else "lead.no_changes")
        if failed:
            yield self.word("lead.failed", count=failed)
        if cut:
            yield self.word("cut", count=cut)

    def _length(self) -> str:
        told, proof = self.told, self.told.recovered
        if told.began is None:
            return self.word("lead.no_start")
        if proof is None or told.to_recover is None:
            return self.word("lead.began", began=self.time(told.began))
        length = minutes(told.to_recover.total_seconds(), self.lang)
        return self.word("lead.whole", length=length, began=self.time(told.began), end=self.time(proof.at))

    def _proofs(self) -> Iterator[str]:
        proof = self.told.recovered
        yield self.word(f"proof.{proof.kind if proof else 'deploying' if self.deploying else 'none'}")
        checked = any(e.kind == "verify" and e.data.get("ok") is True for e in self.told.entries)
        if proof and proof.kind in ("watch", "completed") and checked:
            yield self.word("proof.verify")

    def _cause_lines(self) -> Iterator[str]:
        """Those of the worst look as it is judged now, others as their entries have them."""
        judged = {v.rule: v for v in self.worst.diagnosis.failed("cause")} if self.worst else {}
        for seen in self.told.causes:
            verdict = judged.get(seen.cause.rule)
            yield cause_line(verdict, self.context) if verdict else sightings.line(seen, self.context)

    def _figures(self) -> Iterator[Figure]:
        told, proof = self.told, self.told.recovered
        yield impact.figure(told, self.context)
        yield self._figure("detect", told.to_detect, "detect_note", "no_start")
        yield self._figure("fix", told.to_fix, "fix_note", "no_change")
        missing = "no_start" if proof else "no_end"
        yield self._figure("recover", told.to_recover, f"recover_{proof.kind}" if proof else missing, missing)

    def _figure(self, name: str, length: timedelta | None, note: str, missing: str) -> Figure:
        if length is None:
            return Figure(self.word(f"figure.{name}"), "–", self.word(f"figure.{missing}"))
        value = duration(length.total_seconds(), self.lang)
        return Figure(self.word(f"figure.{name}"), value, self.word(f"figure.{note}"))

    def _as_of(self, worst: Worst) -> Paragraph:
        return Paragraph(self.word("as_of", at=full_stamp(worst.evidence.collected_at, self.context)), "quiet")

    def _of_worst(self, maker: Maker) -> tuple[Block, ...]:
        """A section of the worst look, with when that was; where there is none, that its evidence cannot be read."""
        if self.worst is None:
            return (Paragraph(self.word("no_evidence")),)
        section = maker(self.worst.diagnosis, self.worst.evidence, self.context)
        return (self._as_of(self.worst), *section.blocks)

    def _symptoms(self) -> tuple[Block, ...]:
        told = self.told
        found = self._of_worst(sections.symptoms)
        first = told.faulty[0].entry
        if told.detected is None or told.to_detect is None or first is None:
            return found
        length = duration(told.to_detect.total_seconds(), self.lang)
        stamp = full_stamp(told.detected, self.context)
        return (*found, Paragraph(self.word("detected", at=stamp, who=who(first) or "–", length=length)))

    def _causes(self) -> tuple[Block, ...]:
        worst, told = self.worst, self.told
        cards = self._cards(worst) if worst else ()
        shown = {v.rule for v in worst.diagnosis.failed("cause")} if worst else set()
        unseen = [seen for seen in told.causes if seen.cause.rule not in shown]
        others = sightings.cards(unseen, told, self.evidence, self.context)
        direct = (Paragraph(self.context.say("page.direct"), "quiet"),) if told.causes else ()
        lead = (*direct, *((self._as_of(worst),) if worst else ()))
        about = (Heading(self.word("elsewhere")),) if others and cards else ()
        found = (*lead, *cards, *about, *others)
        found = found or (Paragraph(self._no_causes()),)
        return (*found, *self._changed(worst)) if worst else (*found, Paragraph(self.word("no_evidence")))

    def _changed(self, worst: Worst) -> tuple[Block, ...]:
        section = sections.what_changed(worst.diagnosis, worst.evidence, self.context)
        return (Heading(section.title), *section.blocks)

    def _cards(self, worst: Worst) -> tuple[Block, ...]:
        """The causes of a look without what was to be done then: what was done stands in a part of its own."""
        verdicts = worst.diagnosis.failed("cause")
        made = sections.causes(worst.diagnosis, worst.evidence, self.context).blocks
        cards = [block for block in made if isinstance(block, Card)]
        seen = {s.cause.rule: s for s in self.told.causes}
        pairs = zip(verdicts, cards, strict=False)
        return tuple(self._card(card, seen.get(verdict.rule)) for verdict, card in pairs)

    def _card(self, card: Card, seen: Seen | None) -> Card:
        todo = self.context.say("label.fix")
        rows = [row for block in card.inside if isinstance(block, Facts) for row in block.rows if row.label != todo]
        if seen:
            by = sightings.period(seen, self.told, self.evidence, self.context)
            rows.append(Fact(self.word("label.seen"), (by,)))
        return replace(card, inside=(Facts(tuple(rows)),))

    def _fix(self) -> tuple[Block, ...]:
        """The turns of the incident with their times, then who did what."""
        told = self.told
        closed = next((e.at for e in told.entries if e.kind == "closed"), None)
        proof = told.recovered.at if told.recovered else None
        turns = {"began": told.began, "detected": told.detected, "fixed": told.fixed, "recovered": proof}
        known = [(name, at) for name, at in {**turns, "closed": closed}.items() if at]
        rows = tuple(Fact(self.word(f"label.{name}"), (full_stamp(at, self.context),)) for name, at in known)
        done = self._record(*DONE)
        none = self.word("lead.no_changes_read") if self.context.damaged else self.context.say("page.no_fix_needed")
        return (
            Facts(rows),
            *(done or (Paragraph(none),)),
            *self._cut(),
            *made.blocks(told, self.evidence, self.context),
        )

    def _cut(self) -> tuple[Block, ...]:
        counts = {"cut": len(self.told.cut_short), "lost": len(self.told.lost_runs)}
        return tuple(Paragraph(self.word(name, count=count)) for name, count in counts.items() if count)

    def _record(self, *kinds: str) -> tuple[Block, ...]:
        found: list[Entry] = [entry for entry in self.told.telling if entry.kind in kinds]
        return record(found, self.lang, self.context.timezone) if found else ()

    def _verify(self) -> tuple[Block, ...]:
        return (Paragraph(" ".join(self._proofs())), *self._record(*PROOF))

    def _checklist(self) -> tuple[Block, ...]:
        """The worst look's answers beside those of now."""
        if self.worst is None:
            return (Paragraph(self.word("no_evidence")), *self._section(sections.checklist))
        if self.told.unseen:
            return self._of_worst(sections.checklist)
        now = {answer.item: answer for answer in self.diagnosis.checklist}
        rows = [
            (
                Cell(str(then.item), "number"),
                Cell(words.checklist_question(then.item, self.lang)),
                self._answer(then),
                self._answer(now[then.item]) if then.item in now else Cell("–", "muted"),
            )
            for then in self.worst.diagnosis.checklist
        ]
        heads = ("#", *(self.word(f"compared.{name}") for name in ("question", "then", "now")))
        stamps = {"worst": look_stamp(self.worst.evidence, self.context), "now": self.time(self.told.now)}
        return (Table(self.word("compared.caption", **stamps), heads, tuple(rows), "compared"),)

    def _answer(self, answer: Answer) -> Cell:
        word = words.outcome(answer.outcome, self.lang)
        return state(OUTCOME_TONE[answer.outcome], word, words.line(answer.verdict, self.lang))

    def _section(self, section: Maker) -> tuple[Block, ...]:
        return section(self.diagnosis, self.evidence, self.context).blocks

    def _looks(self) -> list[tuple[Diagnosis, Evidence, tuple[Maker, ...]]]:
        """The worst look and that of now, where they are two, with the raw tables that are shown of each."""
        now = (self.diagnosis, self.evidence, _RAW[:2])
        if self.worst is None:
            return [now]
        then = (self.worst.diagnosis, self.worst.evidence, _RAW)
        return [then] if self.worst.evidence is self.evidence else [then, now]

    def _unread(self) -> tuple[Block, ...]:
        """What could not be read then, and now."""
        inside: list[Block] = []
        for diagnosis, evidence, _ in self._looks():
            if evidence.unreads or diagnosis.unknown:
                found = sections.unread(diagnosis, evidence, self.context)
                title = self.word("stamp", title=found.title, at=full_stamp(evidence.collected_at, self.context))
                inside += [Heading(title), *found.blocks]
        if self.told.unreadable:
            inside.append(Paragraph(self.word("unreadable", count=self.told.unreadable)))
        inside += damaged(self.context)
        whole = "nothing_unread" if len(self._looks()) > 1 else "nothing_unread_once"
        return tuple(inside) or (Paragraph(self.word(whole)),)

    def _appendix(self) -> tuple[Block, ...]:
        """What the worst look and that of now had read, commands, calls, and the whole journal."""
        folds = []
        for diagnosis, evidence, makers in self._looks():
            at = self.time(evidence.collected_at)
            made = (maker(diagnosis, evidence, self.context) for maker in (*makers, sections.api_calls))
            folds += [folded(found, self.context, self.word("stamp", title=found.title, at=at)) for found in made]
        folds.append(folded(sections.commands(self.diagnosis, self.evidence, self.context), self.context))
        return (*folds, journal(self.told, self.context))


def damaged(context: Context) -> tuple[Block, ...]:
    """That entries of the incident's journal are missing here, where files of it are no whole entries."""
    return (Paragraph(context.say("page.damaged", count=context.damaged)),) if context.damaged else ()


def journal(told: Story, context: Context) -> Fold:
    """The incident's journal, which opens on request, with how many entries it has."""
    count = context.say("page.rows", count=number(len(told.entries)))
    return Fold(say("story.journal", context.lang), count, record(told.entries, context.lang, context.timezone))


def folded(section: Section, context: Context, title: str = "") -> Fold:
    """A section that opens on request, with how many rows it has."""
    rows = next((len(block.rows) for block in section.blocks if isinstance(block, Table)), 0)
    return Fold(title or section.title, context.say("page.rows", count=rows) if rows else "", section.blocks)


def so_far(told: Story, context: Context) -> tuple[Figure, ...]:
    """The times so far, while it is going on: how long until it was seen, and how long that is ago.

    Of an incident whose fault came back they are those of the last time.
    """
    seen = next(reversed(episodes(told)), None)
    if seen is None or seen.detected >= told.now:
        return ()
    found = []
    if seen.began is not None and seen.began <= seen.detected:
        value = duration((seen.detected - seen.began).total_seconds(), context.lang)
        note = say("story.figure.detect_note", context.lang)
        found.append(Figure(say("story.figure.detect", context.lang), value, note))
    since = duration((told.now - seen.detected).total_seconds(), context.lang)
    note = say("story.figure.since_note", context.lang, at=full_stamp(seen.detected, context))
    return (*found, Figure(say("story.figure.since", context.lang), since, note))


def before(told: Story, evidence: Evidence, context: Context) -> tuple[Block, ...]:
    """What had failed and was cured before, in the same incident: a line each, the newest five."""
    past = episodes(told)[:-1][-5:]
    if not past or told.over:
        return ()
    lines = tuple(" ".join(_episode(each, told, evidence, context)) for each in past)
    return (Paragraph(say("story.episode.title", context.lang)), Bullets(lines))


def _episode(each: Episode, told: Story, evidence: Evidence, context: Context) -> Iterator[str]:
    lang = context.lang
    causes = ", ".join(cause_title(cause, lang) for cause in each.causes) or say("story.episode.unnamed", lang)
    times = {"detected": each.detected, "over": each.recovered or each.detected}
    shown = {name: sightings.time(at, told, evidence, context) for name, at in times.items()}
    yield say("story.episode.seen", lang, causes=causes, **shown)
    if each.changes:
        yield say("story.episode.changes", lang, count=len(each.changes))
    if at := undone(told, each):
        yield say("story.episode.undone", lang, at=sightings.time(at, told, evidence, context))
