"""Words by which a message is known, as data: label, then alternatives. A tuple's words must all be there.

The first row that fits counts, so what names a cause stands before what names only its effect. Words are in lower
case, with straight quotes, and without names of services, tasks and resources (see ``parts``); none is below four
characters (see ``vocabulary``).
"""

from __future__ import annotations

from collections.abc import Iterator

Row = tuple[str, tuple[tuple[str, ...], ...]]
Meaning = tuple[str, tuple[str, ...]]  # a label, and the words that it takes besides
Table = dict[str, tuple[int, tuple[Meaning, ...]]]  # word -> its place in the order, and what it may mean


def row(label: str, *signs: str | tuple[str, ...]) -> Row:
    """A label and its alternatives."""
    return label, tuple((sign,) if isinstance(sign, str) else sign for sign in signs)


def table(*rows: Row) -> Table:
    """Rows in their order, by their first word."""
    found: Table = {}
    for label, alternatives in rows:
        for word, *others in alternatives:
            place, meanings = found.get(word, (len(found), ()))
            found[word] = (place, (*meanings, (label, tuple(others))))
    return found


def first(rows: Table, words: frozenset[str]) -> tuple[str, str] | None:
    """The first row whose words are all among those of a message: its label and its first word."""
    for word in sorted(rows.keys() & words, key=rows.__getitem__):
        for label, others in rows[word][1]:
            if words.issuperset(others):
                return label, word
    return None


def words_of(*tables: Table) -> Iterator[str]:
    """Every word of the tables."""
    for rows in tables:
        for word, (_, meanings) in rows.items():
            yield word
            for _, others in meanings:
                yield from others
