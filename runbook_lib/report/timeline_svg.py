"""The timeline as SVG: one block a deployment on one axis, drawn for three widths so that text keeps its size."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from zlib import crc32

from markupsafe import Markup

from runbook_lib.evidence.timeline import DeploymentRow, Moment, Span, TaskTrack, Timeline
from runbook_lib.report.blocks import Drawing, Key
from runbook_lib.report.context import Context
from runbook_lib.report.formats import duration, minutes
from runbook_lib.report.people_svg import Bracket, Over, bracket, people
from runbook_lib.report.svg import Canvas, Lane, Room, first_fitting, placed, text_width, ticks

MOST_ROWS = 6
MOST_LANES = 5
_FONT, _SMALL = 11.5, 10.5
_LABELLED = 3  # rows in which a moment's label may stand; marks alone may need more
_BAR, _LANE, _LANE_GAP = 19.0, 12.0, 4.0
_APART = 2.0  # between tasks in a lane
_BAR_CSS = {"progress": "t-run", "superseded": "t-off", "completed": "t-ok", "failed": "t-bad", "stopped": "t-off"}
_PHASE_CSS = {
    "starting": "o-run",
    "running": "f-run",
    "healthy": "f-ok",
    "unhealthy": "f-bad",
    "stopping": "t-off",
    "not-started": "t-bad",
}
_ERROR = re.compile(r"\b[A-Z]\w{3,60}(?:Error|Exception)\b")
_TARGET_CSS = {"healthy": "f-ok", "unhealthy": "f-bad"}


@dataclass(frozen=True)
class Size:
    """One drawing: its name, its width and the room for labels at its left (none on a phone)."""

    name: str
    width: float
    left: float
    apart: float


WIDE, MIDDLE, NARROW = Size("w", 904, 88, 64), Size("m", 700, 84, 64), Size("n", 350, 0, 62)


def drawing(
    timeline: Timeline,
    context: Context,
    names: dict[str, str],
    numbered: tuple[Moment, ...],
    over: Over,
) -> Drawing:
    """Three drawings and their legend. ``names`` labels deployments by id; ``numbered`` are the table's moments."""
    drawings = [_Picture(timeline, context, names, numbered, size).svg(over) for size in (WIDE, MIDDLE, NARROW)]
    people_ = (Key("pilled", context.say("timeline.event.person")),) if over.acts else ()
    return Drawing(drawings[0], drawings[1], drawings[2], (*_legend(timeline, context), *people_))


def _legend(timeline: Timeline, context: Context) -> tuple[Key, ...]:
    """Only what is drawn."""
    rows = timeline.rows[-MOST_ROWS:]
    bars = [bar.kind for row in rows for bar in row.bars]
    phases = [span.kind for row in rows for task in row.tasks for span in task.spans]
    swatches = [("bar", _BAR_CSS[kind] + (" hatched" if kind == "superseded" else ""), kind) for kind in _BAR_CSS]
    swatches += [
        ("phase", css + (" crossed" if kind == "not-started" else ""), kind) for kind, css in _PHASE_CSS.items()
    ]
    keys = [Key(css, context.say(f"timeline.{group}.{kind}")) for group, css, kind in swatches if kind in bars + phases]
    events = [event.kind == "failure" for event in timeline.events]
    keys += [Key("crossed bare", context.say("timeline.event.failure"))] if any(events) else []
    return tuple(keys + ([Key("tick", context.say("timeline.event.other"))] if not all(events) else []))


class _Picture:
    """One drawing, from top to bottom; ``y`` is how far it has come."""

    def __init__(
        self, timeline: Timeline, context: Context, names: dict[str, str], numbered: tuple[Moment, ...], size: Size
    ) -> None:
        self.timeline, self.context, self.names, self.numbered, self.size = timeline, context, names, numbered, size
        self.start, self.end = context.local(timeline.start), context.local(timeline.end)
        self.canvas = Canvas(context.lang)
        drawn = (timeline.start, timeline.end, [row.id for row in timeline.rows])
        self.id = f"{size.name}{crc32(repr(drawn).encode()):08x}"
        self.y = 26.0

    def svg(self, over: Over) -> Markup:
        """The drawing with its title and description; what it shows is also in the table beneath it."""
        self._lengths(over)
        for row in self.timeline.rows[-MOST_ROWS:]:
            self._row(row)
        self._events()
        self._moments()
        if over.acts:
            self.separator()
            self.track("people")
            self.y = people(self, over.acts)
        inside = self._grid(over) + Markup("").join(self.canvas.parts)
        head = Markup(
            '<svg viewBox="0 0 {w} {h}" role="img" aria-labelledby="t{id} d{id}"><title id="t{id}">{title}</title>'
            '<desc id="d{id}">{desc}</desc><defs><pattern id="h{id}" width="5" height="5" patternUnits="userSpaceOnUse"'
            ' patternTransform="rotate(45)"><path d="M0 0V5" class="hatch"/></pattern></defs>'
        ).format(
            w=int(self.size.width),
            h=round(self.y),
            id=self.id,
            title=self.context.say("timeline.title"),
            desc=self.context.say("timeline.desc", start=f"{self.start:%H:%M}", end=f"{self.end:%H:%M}"),
        )
        return head + inside + Markup("</svg>")

    def x(self, when: datetime) -> float:
        """The place of a time on the axis, inside the drawing."""
        part = (when - self.timeline.start) / (self.timeline.end - self.timeline.start)
        return self.size.left + min(1.0, max(0.0, part)) * (self.size.width - self.size.left)

    def _grid(self, over: Over) -> Markup:
        """The axis, drawn last and put beneath everything, because only now the height is known."""
        grid = Canvas(self.context.lang)
        if self.size.left:
            grid.text((0, 13), f"{self.start:%Z}")
        for when, label in ticks(self.start, self.end, self.size.width - self.size.left, self.size.apart):
            x, half = self.x(when), text_width(label, _FONT) / 2
            grid.line(f"M{x:.1f} 20V{self.y:.0f}", "grid")
            grid.text((min(max(x, self.size.left + half), self.size.width - half), 13), label, "", "middle")
        looks = [act.at for act in over.acts if act.kind == "look"] or [self.timeline.looked_at]
        for place in {round(self.x(look)) for look in looks}:
            grid.line(f"M{place} 20V{self.y:.0f}", "mark")
        return Markup("").join(grid.parts)

    def separator(self) -> None:
        """A line across."""
        self.canvas.line(f"M0 {self.y:.0f}H{self.size.width:.0f}", "rule")
        self.y += 7

    def track(self, key: str) -> None:
        """The label of a track: in the column at the left, or on a line of its own on a phone."""
        words = self.context.say(f"timeline.track.{key}")
        if self.size.left:
            self.canvas.text((0, self.y + 10), words, "s")
        else:
            self.canvas.text((0, self.y + 9), words, "s hal")
            self.y += 15

    def _lengths(self, over: Over) -> None:
        """Brackets over the lengths that matter; else over the time for which something has been unfinished."""
        for line in over.brackets or self._elapsed(over.since):
            for length in line:
                bracket(self, length)
            self.y += 26

    def _elapsed(self, since: datetime | None) -> tuple[tuple[Bracket, ...], ...]:
        open_rows = [row for row in self.timeline.rows if row.bars[-1].kind in ("progress", "superseded")]
        if not open_rows:
            return ()
        began = since or min(row.start for row in open_rows)
        seconds = (self.timeline.looked_at - began).total_seconds()
        return ((Bracket(began, self.timeline.looked_at, self._elapsed_labels(seconds)),),)

    def _elapsed_labels(self, seconds: float) -> tuple[str, ...]:
        short = minutes(seconds, self.context.lang)
        return (self.context.say("timeline.elapsed", time=duration(seconds, self.context.lang)), short)

    def _row(self, row: DeploymentRow) -> None:
        self.separator()
        self._name(row)
        for bar in row.bars:
            self._bar(row, bar)
        self.y += _BAR + 6
        self._tasks(row)
        self._targets(row)
        self.y += 4

    def _name(self, row: DeploymentRow) -> None:
        name = self.names.get(row.id, "")
        if self.size.left:
            shown = first_fitting((name, name[:10] + "…"), self.size.left - 8, 13)
            self.canvas.text((0, self.y + 14), shown, "b")
            return
        self.canvas.text((0, self.y + 11), name, "b hal")
        states = " · ".join(part for part in (row.status, row.rollout) if part)
        taken = text_width(name, 13) + 14
        self.canvas.text((taken, self.y + 11), first_fitting((states, row.status), 340 - taken, _SMALL), "s hal")
        self.y += 17

    def _bar(self, row: DeploymentRow, bar: Span) -> None:
        if bar.end < self.timeline.start:
            return
        begin, end = self.x(bar.start), self.x(bar.end)
        box = (begin, self.y, max(end - begin, 3.0), _BAR if self.size.left else 12.0)
        labels = _bar_labels(row, bar)
        self.canvas.rect(box, _BAR_CSS[bar.kind], f"{self.names.get(row.id, '')} {labels[0]} {self._times(bar)}")
        if bar.kind == "superseded":
            self.canvas.rect(box, "", fill=f"url(#h{self.id})", style="pointer-events:none")
        if self.size.left:
            self._bar_label(labels, begin, end, bar)

    def _bar_label(self, labels: tuple[str, ...], begin: float, end: float, bar: Span) -> None:
        inside = first_fitting(labels, end - begin - 14, 11)
        if inside and bar.kind == "superseded":
            self.canvas.rect((begin + 5, self.y + 2, text_width(inside, 11) + 6, _BAR - 4), "t-off plain")
        if inside:
            self.canvas.text((begin + 8, self.y + 13.5), inside, "in")
            return
        after = first_fitting(labels, self.size.width - end - 8, 11)
        if after and bar.kind not in ("progress", "superseded"):
            self.canvas.text((end + 6, self.y + 13.5), after, "in hal")

    def _times(self, span: Span) -> str:
        begin, end = self.context.local(span.start), self.context.local(span.end)
        return f"{begin:%H:%M:%S}~{end:%H:%M:%S}"

    def _tasks(self, row: DeploymentRow) -> None:
        shown = [task for task in row.tasks if task.end >= self.timeline.start]
        if not shown:
            return
        self.track("tasks")
        lanes, left_out = self._lanes(shown)
        for lane in lanes:
            for task in lane:
                self._task(task)
            self.y += _LANE + _LANE_GAP
        if left_out:
            total = len(shown)
            words = self.context.say("timeline.capped", shown=total - left_out, total=total)
            self.canvas.text((self.size.left, self.y + 10), words, "s hal")
            self.y += 16

    def _lanes(self, tasks: list[TaskTrack]) -> tuple[list[list[TaskTrack]], int]:
        """Tasks beside each other in few lanes; what failed is placed first, the rest may be left out."""
        lanes = [(Lane(), list[TaskTrack]()) for _ in range(MOST_LANES)]
        left_out = 0
        for task in sorted(tasks, key=lambda t: (not t.failed, t.start)):
            begin = self.x(task.start)
            end = max(self.x(task.end), begin + 5)
            inside = next((inside for lane, inside in lanes if lane.takes(begin, end, _APART)), None)
            if inside is None:
                left_out += 1
            else:
                inside.append(task)
        return [inside for _, inside in lanes if inside], left_out

    def _task(self, task: TaskTrack) -> None:
        for span in task.spans:
            begin, end = self.x(span.start), self.x(span.end)
            width = max(end - begin, 5.0 if span.kind in ("unhealthy", "not-started") else 1.0)
            begin = min(begin, end - width) if span.kind == "unhealthy" else begin
            title = self._tip(task, span) if self.size.left else ""
            self.canvas.rect((begin, self.y, width, _LANE), _PHASE_CSS[span.kind], title)
        last = task.spans[-1]
        wide = self.x(last.end) - self.x(last.start) >= 9
        if task.failed and wide and last.kind in ("stopping", "not-started"):
            self.canvas.cross(((self.x(last.start) + self.x(last.end)) / 2, self.y + _LANE / 2), 3.2)

    def _tip(self, task: TaskTrack, span: Span) -> str:
        word = self.context.say(f"timeline.phase.{span.kind}")
        return f"{task.id[:12]} {word} {self._times(span)} {task.reason[:80]}".strip()

    def _targets(self, row: DeploymentRow) -> None:
        """The targets of a deployment's tasks: known for looks only, so a mark and words at the place of each."""
        states: dict[datetime, list[str]] = {}
        for target in (target for task in row.tasks for target in task.targets if target.end <= self.timeline.end):
            states.setdefault(target.start, []).append(target.kind)
        if not states:
            return
        self.track("targets")
        edge = self.size.left
        for when in sorted(states):
            edge = self._target(self.x(when), states[when], edge)
        self.y += 17

    def _target(self, x: float, states: list[str], edge: float) -> float:
        worst = "unhealthy" if "unhealthy" in states else states[0]
        if x - 9 < edge:
            return edge
        self.canvas.rect((x - 9, self.y + 2, 9, 9), _TARGET_CSS.get(worst, "f-off"))
        words = ", ".join(f"{state}: {states.count(state)}" for state in dict.fromkeys(states))
        if x - 14 - text_width(words, _SMALL) >= edge:
            self.canvas.text((x - 14, self.y + 10.5), words, "s hal", "end")
        return x + 2

    def _events(self) -> None:
        if not self.timeline.events:
            return
        self.separator()
        self.track("events")
        seen: set[tuple[str, int]] = set()
        for event in self.timeline.events:
            x = self.x(event.at)
            place = (event.kind, round(x / 3))
            if place in seen:
                continue
            seen.add(place)
            if event.kind == "failure":
                self.canvas.cross((x, self.y + 6), 3.2)
            else:
                self.canvas.line(f"M{x:.1f} {self.y + 1:.1f}v10", "s-off")
        self.y += 20

    def _moments(self) -> None:
        """Numbered marks that tie the drawing to its table, in rows so that neither marks nor labels meet."""
        self.separator()
        self.track("moments")
        taken: list[list[tuple[float, float]]] = []
        room = Room(self.size.left, self.size.width, _FONT, _LABELLED, len(self.numbered))
        for number, moment in enumerate(self.numbered, 1):
            x = min(max(self.x(moment.at), self.size.left + 9), self.size.width - 9)
            lane, label, anchor = placed(x, 10, self._moment_labels(moment), taken, room)
            y = self.y + lane * 22 + 9
            self.canvas.circle((x, y), 9, "dot")
            self.canvas.text((x, y + 3.8), str(number), "k", "middle")
            if label:
                self.canvas.text((x + (13 if anchor == "start" else -13), y + 4), label, "hal", anchor)
        self.y += max(len(taken), 1) * 22 + 2

    def _moment_labels(self, moment: Moment) -> tuple[str, ...]:
        """Full, short, none. A failure is named by AWS's own error word where it has one."""
        if moment.kind == "deployment":
            name = self.names.get(moment.subject, "")
            return (self.context.say("timeline.moment.deployment", name=name), name, "")
        error = _ERROR.search(moment.message) if moment.kind == "failure" else None
        kind = "health" if moment.kind == "failure" and "health checks" in moment.message else moment.kind
        return (error[0] if error else self.context.say(f"timeline.moment.{kind}"), "")


def _bar_labels(row: DeploymentRow, bar: Span) -> tuple[str, ...]:
    """AWS's own words, full then short. A deployment was PRIMARY until it was superseded."""
    if not row.rollout:
        return (row.status,)
    if bar.kind == "progress":
        return ("PRIMARY · IN_PROGRESS", "IN_PROGRESS")
    return (f"{row.status} · {row.rollout}", row.rollout)
