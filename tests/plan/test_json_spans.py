"""What is no JSON is refused where Python's decoder refuses it; comments, commas and keys by their own names."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook_lib.errors import InputError
from runbook_lib.plan.json_spans import nodes, place, scanned
from tests.plan.writing import quickly, texts

REFUSED = {
    "a line comment": ('{\n  // why\n  "a": 1\n}', "file-json-comment", 2, 3),
    "a block comment behind a value": ('{"a": 1 /* why */}', "file-json-comment", 1, 9),
    "a hash": ('{\r\n"a": 1,\r\n# why\r\n"b": 2}', "file-json-comment", 3, 1),
    "a comment at the end": ("{}\n// done", "file-json-comment", 2, 1),
    "a comment before all": ("// a\n{}", "file-json-comment", 1, 1),
    "a comment behind the last comma": ("[1,\n// two\n]", "file-json-comment", 2, 1),
    "a trailing comma of an object": ('{"a": 1,\n}', "file-json-trailing-comma", 1, 8),
    "a trailing comma of an array": ("[\r  1,\r]", "file-json-trailing-comma", 2, 4),
    "a key twice": ('{"a": 1,\n "b": {"a": 2},\n "a": 3}', "file-json-duplicate-key", 3, 2),
    "a key twice, escaped": ('{"a": 1, "\\u0061": 3}', "file-json-duplicate-key", 1, 10),
    "nothing": ("", "file-not-json", 1, 1),
    "a mark and nothing": ("\ufeff", "file-not-json", 1, 1),
    "a mark in the line": ("\ufeff[x]", "file-not-json", 1, 2),
    "two values": ("{}\n{}", "file-not-json", 2, 1),
    "no comma": ('{"a": 1\n"b": 2}', "file-not-json", 2, 1),
    "no colon": ('{"a" 1}', "file-not-json", 1, 6),
    "no value": ('{"a": }', "file-not-json", 1, 7),
    "no key": ("{1: 2}", "file-not-json", 1, 2),
    "single quotes": ("{'a': 1}", "file-not-json", 1, 2),
    "the wrong bracket": ("[1}", "file-not-json", 1, 3),
    "an open bracket": ("[1", "file-not-json", 1, 3),
    "an open string": ('["a', "file-not-json", 1, 2),
    "not a number": ("[NaN]", "file-not-json", 1, 2),
    "no finite number": ("[1, -Infinity]", "file-not-json", 1, 5),
}


@pytest.mark.parametrize(("text", "key", "line", "column"), REFUSED.values(), ids=REFUSED)
def test_a_text_is_refused_with_its_place(text, key, line, column):
    with pytest.raises(InputError) as refused:
        scanned(text, "td.json")
    facts = refused.value.facts
    assert (refused.value.key, facts["file"], facts["line"], facts["column"]) == (key, "td.json", line, column)


def test_of_a_key_that_stands_twice_both_lines_are_told():
    with pytest.raises(InputError) as refused:
        scanned('{\n"a": 1,\n"b": 2,\n"a": 3}', "td.json")
    assert (refused.value.facts["name"], refused.value.facts["first"]) == ("a", 2)


def test_a_text_of_any_depth_ends_in_a_sentence():
    with pytest.raises(InputError) as refused:
        scanned("[" * 100_000, "td.json")
    assert refused.value.key == "task-definition-file-shape"
    assert scanned("[" * 99 + "]" * 99, "td.json").end == 198


@pytest.mark.parametrize("text", ["[" + "1" * 5000 + "]", '["//", "/*", "#", ",]"]', "\ufeff[1]", " 1 "])
def test_a_text_is_taken(text):
    assert scanned(text, "td.json")


@given(texts)
@quickly
def test_every_value_stands_where_the_scanner_says(text):
    tree = scanned(text, "td.json")
    for node in nodes(tree):
        whole = json.loads(text[node.start : node.end])
        parts = [json.loads(text[member.node.start : member.node.end]) for member in node.members]
        if node.kind == "object":
            assert whole == dict(zip([member.key for member in node.members], parts, strict=True))
        assert node.kind != "array" or whole == parts


@given(texts, st.data())
@quickly
def test_it_takes_what_pythons_decoder_takes_and_refuses_at_the_same_place(text, data):
    at = data.draw(st.integers(0, len(text)))
    broken = text[:at] + data.draw(st.sampled_from([*'{}[],:"1xe\\\n', ""])) + text[at + data.draw(st.integers(0, 2)) :]
    assert refusal_of(broken) in (decoders(broken), "named")


def decoders(text: str) -> dict[str, int] | None:
    """Where Python's own decoder refuses a text; None where it takes it."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return place(text, error.pos)
    return None


def refusal_of(text: str) -> dict[str, int] | str | None:
    """Where the scanner refuses a text, or that it does so by a name that the decoder does not know."""
    try:
        scanned(text, "td.json")
    except InputError as refused:
        facts = {name: refused.facts[name] for name in ("line", "column")}
        return facts if refused.key == "file-not-json" else "named"
    return None
