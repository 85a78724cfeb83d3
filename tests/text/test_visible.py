"""What cannot be seen is written out, and nothing else is touched."""

import json
import sys
import unicodedata

import pytest

from runbook_lib.text.visible import one_line, unseen, visible, visible_json

# Signs of Arabic, Syriac, Kaithi and Egyptian that are of category Cf and yet have a shape.
SHAPED = {*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD, *range(0x13430, 0x13440)}


@pytest.fixture(scope="module")
def hidden() -> str:
    """Every character without a shape."""
    return "".join(
        chr(point)
        for point in range(sys.maxunicode + 1)
        if unicodedata.category(chr(point)) in ("Cc", "Cf", "Cs", "Zl", "Zp") and point not in SHAPED
    )


def test_every_character_without_a_shape_is_written_out(hidden):
    kept = [
        character for character in hidden if not visible(character).isascii() or not visible(character).isprintable()
    ]
    assert kept == ["\t", "\n"]
    assert one_line(hidden).isprintable()


@pytest.mark.parametrize(
    "text", ["한글 · “…” — 日本 é", "a\\b", "emoji 🚀 ✈️", "arn:aws:ecs:eu-west-1:1:task/a/b", "א ب"]
)
def test_what_can_be_seen_stays_as_it_is(text):
    assert one_line(text) == visible(text) == text
    assert not unseen(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]8;;http://x\x07y", r"\x1b]8;;http://x\x07y"),
        ("a\r\nb", "a\\r\nb"),
        ("\u202e", r"\u202e"),
        ("\U000e0041", r"\U000e0041"),
    ],
)
def test_escapes_are_those_that_everybody_knows(text, shown):
    assert visible(text) == shown


def test_json_hides_nothing_and_reads_back_as_the_same(hidden):
    tree = {"name\u202e": [" ".join(hidden), "한글", {"n": 1.5, "none": None}]}
    text = visible_json(tree)
    assert json.loads(text) == tree
    assert "한글" in text
    assert text.replace("\n", "").isprintable()
