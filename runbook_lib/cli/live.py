"""The live view in a terminal: one picture that changes, put away at the end. The only place that knows rich."""

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.live import Live as Screen
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from runbook_lib.cli.shell import show
from runbook_lib.diagnosis.following import Poll, expected_s
from runbook_lib.report import blocks as b
from runbook_lib.report.context import Context
from runbook_lib.report.markup import unmarked
from runbook_lib.report.render import Section
from runbook_lib.report.sections import watching
from runbook_lib.text.visible import one_line

_STYLES: dict[b.Tone | None, str] = {
    "ok": "green",
    "bad": "bold red",
    "run": "cyan",
    "unk": "magenta",
    "risk": "yellow",
    "off": "dim",
    None: "",
}
_A_SECOND = 2  # pictures
_BAR = 40
_AROUND = 3  # lines of a table besides its rows: a gap, its title, its heading
_NAMED = re.compile(r"^\(service [^)]*\) ")  # how each event of ECS begins


class Live:
    """Deployments, tasks, targets and events of the deployment that is watched, with how long it has taken."""

    def __init__(self, context: Context, console: Console | None = None) -> None:
        self._context = context
        self._poll: Poll | None = None
        self._heard = 0.0
        self._console = console or Console(stderr=True, highlight=False)
        self._screen = Screen(
            console=self._console, get_renderable=self.picture, refresh_per_second=_A_SECOND, transient=True
        )

    def __enter__(self) -> "Live":
        self._screen.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Puts the picture away and the cursor back."""
        self._screen.stop()

    def told(self, poll: Poll) -> None:
        """Takes a poll; it is in the next picture."""
        self._poll, self._heard = poll, time.monotonic()
        self._screen.refresh()

    def ended(self, section: Section, tree: dict[str, Any], notes: tuple[tuple[str, str, str], ...]) -> None:
        """Prints the result."""
        show(section.text)

    def interrupted(self, poll: Poll) -> None:
        """Nothing but the sentence that the command ends with."""

    def picture(self) -> RenderableType:
        """What is shown now; no higher than the terminal."""
        if self._poll is None:
            return Text("…", style="dim")
        since = timedelta(seconds=time.monotonic() - self._heard)
        poll = replace(self._poll, at=self._poll.at + since)
        return Group(*_rows(poll, self._context, self._console.size.height))


def _rows(poll: Poll, context: Context, height: int) -> Iterator[RenderableType]:
    usual = expected_s(poll.evidence, poll.deployment)
    head = watching.status(poll, usual, context)
    told = unmarked(head.text, context.lang)
    yield Text.assemble((f" {head.word} ", f"{_STYLES[head.tone]} reverse"), f"  {told}", overflow="fold")
    if usual:
        bar = Table.grid(padding=(0, 1))
        bar.add_row("", ProgressBar(total=usual, completed=min(poll.elapsed_s, usual), width=_BAR))
        yield bar
    found = [block for block in watching.tables(poll, context) if isinstance(block, b.Table)]
    for block in _fitted(found, height - 4):
        yield from (Text(""), _table(block, context.lang))


def _fitted(tables: list[b.Table], height: int) -> Iterator[b.Table]:
    """The tables with as many rows as there is room for: the longest loses its last ones first."""
    kept = [len(table.rows) for table in tables]
    while sum(kept) > height - _AROUND * len(tables) and max(kept, default=0) > 1:
        kept[kept.index(max(kept))] -= 1
    for table, rows in zip(tables, kept, strict=True):
        yield replace(table, rows=table.rows[:rows])


def _table(block: b.Table, lang: str) -> Table:
    caption = unmarked(block.caption, lang)
    made = Table(title=caption, title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0))
    for at, name in enumerate(block.columns):
        _column(made, unmarked(name, lang), [row[at] for row in block.rows], lang)
    for row in block.rows:
        made.add_row(*(_cell(cell, lang) for cell in row))
    return made


def _column(table: Table, heading: str, cells: list[b.Cell], lang: str) -> None:
    """A column as wide as what it holds; only words of AWS are cut where the terminal is narrow."""
    kinds = {cell.kind for cell in cells}
    widths = [cell_len(_cell(cell, lang).plain) for cell in cells if cell.kind != "said"]
    table.add_column(
        heading,
        header_style="dim",
        justify="right" if kinds == {"number"} else "left",
        no_wrap="said" not in kinds,  # rich narrows no other column
        overflow="ellipsis",
        min_width=max([cell_len(heading), *widths]),
    )


def _cell(cell: b.Cell, lang: str) -> Text:
    if cell.kind == "said":
        return Text(_NAMED.sub("", one_line(cell.text)), overflow="ellipsis", no_wrap=True)
    return Text(unmarked(cell.text, lang), style=_STYLES[cell.tone])
