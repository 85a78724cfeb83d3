"""The choices of a plan: each question with its answers and what is known of them, and how to answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from runbook_lib.plan.model import Choice, Option, Plan
from runbook_lib.report import plan_commands, plan_words
from runbook_lib.report.blocks import Block, Card, Cell, Heading, Paragraph, Shell, Table, Tag
from runbook_lib.report.context import Context
from runbook_lib.report.markup import code, unmarked
from runbook_lib.text import say


def choices(plan: Plan, context: Context, again: tuple[str, ...], wishes: tuple[str, ...]) -> Iterator[Block]:
    """What is open, and the commands that answer: every suggestion, or each by itself."""
    if not plan.open:
        return
    yield Heading(say("fix.heading.choices", context.lang))
    for choice in plan.open:
        yield _card(choice, context)
    known = [word for choice in plan.choices if choice.answer for word in _answer(choice, choice.answer)]
    if all(choice.suggested for choice in plan.open):
        suggested = plan_commands.ours("fix", "plan", *known, "--suggested", *wishes, *again)
        yield Shell(say("fix.answer.suggested", context.lang), suggested)
    each = [word for choice in plan.choices for word in _answer(choice, _likely(choice, context))]
    yield Shell(say("fix.answer.each", context.lang), plan_commands.ours("fix", "plan", *each, *wishes, *again))


@dataclass(frozen=True)
class Question:
    """A choice for widgets: what is asked, the answers as (label, value), what is known besides, and its example.

    ``example`` is how an answer of one's own is typed, ``""`` where only the options will do.
    """

    id: str
    text: str
    options: tuple[tuple[str, str], ...]
    note: str
    example: str


def question(choice: Choice, context: Context) -> Question:
    """A choice in words; its first option is to give no answer."""
    lang = context.lang
    shown = [(say("fix.button.unanswered", lang), ""), *((_label(choice, o, context), o.value) for o in choice.options)]
    example = plan_words.example(choice, lang) if choice.free or not choice.options else ""
    note = plan_words.suggestion(choice, lang)
    return Question(choice.id, plan_words.question(choice, lang), tuple(shown), note, example)


def _label(choice: Choice, option: Option, context: Context) -> str:
    mark = say("fix.answer.mark", context.lang) if option.value == choice.suggested else ""
    told = unmarked(_told(choice, option, context), context.lang)
    return " · ".join([f"{option.value} ({mark})" if mark else option.value, told])


def _answer(choice: Choice, answer: str) -> tuple[str, str]:
    return "--choose", f"{choice.id}={answer}"


def _likely(choice: Choice, context: Context) -> str:
    return choice.answer or choice.suggested or plan_words.example(choice, context.lang)


def _card(choice: Choice, context: Context) -> Card:
    columns = tuple(say(f"fix.column.{name}", context.lang) for name in ("answer", "means"))
    rows = tuple(_row(choice, option, context) for option in choice.options)
    notes = [plan_words.suggestion(choice, context.lang), _free(choice, context)]
    inside: list[Block] = [Table("", columns, rows, "choice")] if rows else []
    inside += [Paragraph(note, "quiet") for note in notes if note]
    tag = Tag(say("fix.state.open", context.lang), "risk")
    return Card(plan_words.question(choice, context.lang), tag, tuple(inside), code(choice.id))


def _free(choice: Choice, context: Context) -> str:
    example = plan_words.example(choice, context.lang)
    return say("fix.answer.free", context.lang, id=choice.id, example=example) if choice.free else ""


def _row(choice: Choice, option: Option, context: Context) -> tuple[Cell, ...]:
    mark = say("fix.answer.mark", context.lang) if option.value == choice.suggested else ""
    return (Cell(code(option.value), note=mark), Cell(_told(choice, option, context)))


def _told(choice: Choice, option: Option, context: Context) -> str:
    parts = (plan_words.means(choice, option, context.lang), plan_words.known(option, context))
    return " · ".join(filter(None, parts)) or "–"


def answered(plan: Plan, context: Context) -> Iterator[Block]:
    """What has been chosen already."""
    columns = tuple(say(f"fix.column.{name}", context.lang) for name in ("question", "answer", "means"))
    rows = tuple(_chosen(choice, context) for choice in plan.choices if choice.answer)
    if rows:
        yield Heading(say("fix.heading.answered", context.lang))
        yield Table("", columns, rows, "choice")


def _chosen(choice: Choice, context: Context) -> tuple[Cell, ...]:
    option = next((each for each in choice.options if each.value == choice.answer), Option(choice.answer))
    question = Cell(plan_words.question(choice, context.lang))
    return (question, Cell(code(choice.answer)), Cell(_told(choice, option, context)))
