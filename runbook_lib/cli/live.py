"""The live view in a terminal: one picture that changes, put away at the end. The only place that knows rich."""

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


class Live:
    """Deployments, tasks, targets and events of the deployment that is watched, with how long it has taken."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._poll: Poll | None = None
        self._heard = 0.0
        console = Console(stderr=True, highlight=False)
        self._screen = Screen(
            console=console, get_renderable=self._picture, refresh_per_second=_A_SECOND, transient=True
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

    def _picture(self) -> RenderableType:
        if self._poll is None:
            return Text("…", style="dim")
        since = timedelta(seconds=time.monotonic() - self._heard)
        return Group(*_rows(replace(self._poll, at=self._poll.at + since), self._context))


def _rows(poll: Poll, context: Context) -> Iterator[RenderableType]:
    usual = expected_s(poll.evidence, poll.deployment)
    head = watching.status(poll, usual, context)
    told = unmarked(head.text, context.lang)
    yield Text.assemble((f" {head.word} ", f"{_STYLES[head.tone]} reverse"), f"  {told}", overflow="fold")
    if usual:
        bar = Table.grid(padding=(0, 1))
        bar.add_row("", ProgressBar(total=usual, completed=min(poll.elapsed_s, usual), width=_BAR))
        yield bar
    for block in watching.tables(poll, context):
        if isinstance(block, b.Table):
            yield from (Text(""), _table(block, context.lang))


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
        no_wrap=True,
        overflow="ellipsis",
        min_width=max([cell_len(heading), *widths]),
    )


def _cell(cell: b.Cell, lang: str) -> Text:
    said = one_line(cell.text) if cell.kind == "said" else unmarked(cell.text, lang)
    return Text(said, style=_STYLES[cell.tone])
