"""JSON documents, texts of them in the styles that people and tools write, and edits of them, for property tests."""

from __future__ import annotations

import json
import random

from hypothesis import settings
from hypothesis import strategies as st

from runbook_lib.plan.edits import Edit, pointer_of

quickly = settings(derandomize=True, deadline=None, database=None, max_examples=100)

NUMBERS = ["0", "-0", "1", "12.50", "1e3", "2E-2", "1.0", "-7", "1234567890123456789"]
words = st.text(st.sampled_from('ab/~"\\{}[],:#/* \té한\u2028\U0001f600'), max_size=6)
keys = st.one_of(st.sampled_from(["a", "b", "c", "name", "0", "1", "", "a/b", "~", "é"]), words)
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 10**12), st.floats(allow_nan=False, allow_infinity=False), words
)
documents = st.recursive(
    scalars, lambda below: st.lists(below, max_size=4) | st.dictionaries(keys, below, max_size=4), max_leaves=20
)
holders = documents.filter(lambda document: isinstance(document, dict | list))


@st.composite
def tidy(draw, document=holders):
    """A text as a tool writes it: indented or on one line, with any line end."""
    indent = draw(st.sampled_from([None, 0, 1, 2, 4, "\t"]))
    separators = (draw(st.sampled_from([",", ", "])) if indent is None else ",", draw(st.sampled_from([":", ": "])))
    text = json.dumps(draw(document), indent=indent, separators=separators, ensure_ascii=draw(st.booleans()))
    return _framed(draw, text.replace("\n", draw(st.sampled_from(["\n", "\r\n", "\r"]))))


@st.composite
def untidy(draw, document=holders):
    """A text with any blank at any place where JSON allows some, and numbers as people spell them."""
    chance = random.Random(draw(st.integers(0, 2**32)))
    blanks = draw(st.sampled_from([["", " "], ["", "\n", "  "], ["", " ", "\n  ", "\r\n\t", "\r", "\n\n    "]]))
    return _framed(draw, _loose(draw(document), chance, blanks))


def _framed(draw, text: str) -> str:
    return draw(st.sampled_from(["", "", "\n"])) + text + draw(st.sampled_from(["", "\n", "\r\n", "\n\n"]))


def _loose(value, chance: random.Random, blanks: list[str]) -> str:
    def blank() -> str:
        return chance.choice(blanks)

    if isinstance(value, dict):
        pairs = [f"{json.dumps(k)}{blank()}:{blank()}{_loose(v, chance, blanks)}" for k, v in value.items()]
        return "{" + ",".join(blank() + pair + blank() for pair in pairs) + ("}" if pairs else blank() + "}")
    if isinstance(value, list):
        items = [_loose(item, chance, blanks) for item in value]
        return "[" + ",".join(blank() + item + blank() for item in items) + ("]" if items else blank() + "]")
    return chance.choice(NUMBERS) if type(value) is int else json.dumps(value, ensure_ascii=chance.random() < 0.5)


texts = tidy() | untidy()


def places(value, *above) -> list[tuple]:
    """The ways to every value in a document."""
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [above, *(place for key, item in below for place in places(item, *above, key))]


@st.composite
def edits_of(draw, document) -> Edit:
    """An edit of a place in the document, or just beside one: not all can be made."""
    steps = draw(st.sampled_from(places(document)))
    if draw(st.booleans()):
        steps = (*steps, draw(keys))
    pointer = draw(st.sampled_from([pointer_of(*steps)] * 20 + ["a", "/~2", "/a//b", "/-", "/01"]))
    return Edit(draw(st.sampled_from(["set", "remove", "append"])), pointer, draw(documents))
