"""Edits of a JSON text in place: what no edit touches stays byte for byte, and what is new looks like its siblings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from runbook_lib.plan.edits import Edit, EditError, index_of, steps_of
from runbook_lib.plan.json_spans import LINE_END, Node, scanned
from runbook_lib.plan.json_style import Style, colon_of, indent_at, is_one_line, last_line, style_at


def edited(text: str, edits: Sequence[Edit], file: str = "-") -> str:
    """The text with the edits made, one after another.

    ``json.loads(edited(text, edits))`` is ``applied(json.loads(text), edits)``, in the same order. Keys keep their
    order, untouched values their spelling, lines their ends, and the text its byte order mark and its last line end.
    Read the file with ``newline=""`` and write it so, or line ends are changed outside of this function.

    Parameters
    ----------
    file : str
        Names the text in errors.

    Raises
    ------
    InputError
        The text is not JSON, or has a key twice in one object.
    EditError
        A pointer leads nowhere, or to what cannot be edited so.
    """
    tree = scanned(text, file)
    for edit in edits:
        text = _edited(text, tree, edit)
        tree = scanned(text, file)
    return text


def _edited(text: str, tree: Node, edit: Edit) -> str:
    steps = steps_of(edit.pointer)
    if edit.op == "append":
        return _appended(text, tree, steps, edit)
    if not steps:
        if edit.op == "remove":
            raise EditError(edit.pointer)
        return _replaced(text, tree, [tree], edit.value)
    lineage = _lineage(tree, steps[:-1], edit.pointer)
    number = _number(lineage[-1], steps[-1])
    if number is None:
        if edit.op == "remove" or lineage[-1].kind != "object":
            raise EditError(edit.pointer)
        return _added(text, tree, lineage, {steps[-1]: edit.value})
    if edit.op == "remove":
        return _removed(text, lineage[-1], number)
    return _replaced(text, tree, [*lineage, lineage[-1].members[number].node], edit.value)


def _appended(text: str, tree: Node, steps: Sequence[str], edit: Edit) -> str:
    lineage = _lineage(tree, steps, edit.pointer)
    if lineage[-1].kind != "array":
        raise EditError(edit.pointer)
    return _added(text, tree, lineage, [edit.value])


def _lineage(tree: Node, steps: Sequence[str], pointer: str) -> list[Node]:
    """The values on the way that ``steps`` lead, from the whole document to the one at their end."""
    lineage = [tree]
    for step in steps:
        number = _number(lineage[-1], step)
        if number is None:
            raise EditError(pointer)
        lineage.append(lineage[-1].members[number].node)
    return lineage


def _number(holder: Node, step: str) -> int | None:
    if holder.kind == "array":
        return index_of(step, len(holder.members))
    return next((number for number, member in enumerate(holder.members) if member.key == step), None)


def _replaced(text: str, tree: Node, lineage: list[Node], value: Any) -> str:
    node, above = lineage[-1], lineage[-2:-1]
    style = style_at(text, tree, node.start, [node, *_siblings(above)])
    new = style.written(value, indent_at(text, node.start), _keeps_to_line(text, above))
    return text[: node.start] + new + text[node.end :]


def _added(text: str, tree: Node, lineage: list[Node], new: dict[str, Any] | list[Any]) -> str:
    """The text with one more member in the last of ``lineage``; ``new`` is a container with just this member."""
    holder = lineage[-1]
    if not holder.members:
        return _replaced(text, tree, lineage, new)
    end = holder.members[-1].node.end
    style = style_at(text, tree, end, _siblings([holder]))
    before = text[:end] + _separator(text, holder, style)
    for key in new if isinstance(new, dict) else ():
        before += style.scalar(key) + _colon(text, holder, style)
    (value,) = new.values() if isinstance(new, dict) else new
    return before + style.written(value, indent_at(before, len(before)), is_one_line(text, holder)) + text[end:]


def _keeps_to_line(text: str, above: list[Node]) -> bool:
    return any(is_one_line(text, holder) for holder in above)


def _siblings(above: list[Node]) -> Iterable[Node]:
    """The values to take after, the nearest first: new ones are mostly added at the end."""
    return [member.node for holder in above for member in reversed(holder.members)]


def _separator(text: str, holder: Node, style: Style) -> str:
    """A comma with what stands around it between the last two members; blank lines between groups are not copied."""
    if len(holder.members) > 1:
        left, right = holder.members[-2:]
        before, _, after = text[left.node.end : right.start].partition(",")
        return last_line(before) + "," + last_line(after)
    gap = last_line(text[holder.start + 1 : holder.members[0].start])
    return "," + gap if LINE_END.search(gap) else style.comma


def _colon(text: str, holder: Node, style: Style) -> str:
    colon = colon_of(text, holder.members[-1])
    return style.colon if LINE_END.search(colon) else colon


def _removed(text: str, holder: Node, number: int) -> str:
    members = holder.members
    if len(members) == 1:
        return text[: holder.start + 1] + text[holder.end - 1 :]
    if number == len(members) - 1:
        return text[: members[-2].node.end] + text[members[-1].node.end :]
    start, end = _cut(text, holder, number)
    return text[:start] + text[end:]


def _cut(text: str, holder: Node, number: int) -> tuple[int, int]:
    """From where to where a member goes that has one behind it: with its comma, and with its lines where they are its.

    The lines before and behind stay as they are; of blank lines on both sides those behind go too.
    """
    member, following = holder.members[number : number + 2]
    opened = text.index(",", holder.members[number - 1].node.end) + 1 if number else holder.start + 1
    comma_end = text.index(",", member.node.end) + 1
    before = list(LINE_END.finditer(text, opened, member.start))
    behind = list(LINE_END.finditer(text, comma_end, following.start))
    if not behind:
        return member.start, following.start
    if not before:
        return opened, behind[0].start()
    spaced = not number or len(before) > 1
    return before[-1].end(), behind[-1 if spaced else 0].end()
