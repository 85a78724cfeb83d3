"""A file is edited where the edit is: the rest stays byte for byte, and what is new looks like what is there."""

import json
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook_lib.plan.edits import Edit, EditError, applied, steps_of
from runbook_lib.plan.json_spans import LINE_END, scanned
from runbook_lib.plan.json_text import edited
from tests.plan.writing import edits_of, quickly, texts, tidy

PRETTY = """\
{
  "family": "api",
  "cpu": 1.50,
  "containerDefinitions": [
    {
      "name": "app",
      "command": ["a", "b"],
      "environment": [
        { "name": "A", "value": "1" },
        { "name": "B", "value": "2" }
      ],
      "secrets": [],
      "healthCheck": {
        "command": ["CMD-SHELL", "exit 0"],
        "retries": 3
      }
    }
  ]
}
"""
CONTAINER = "/containerDefinitions/0"
VARIABLE = {"name": "C", "value": "3"}
CHECK = {"command": ["CMD", "x"], "retries": 5}

# What goes (-) and comes (+), line by line.
CHANGES = {
    "a scalar": (Edit("set", "/family", "web"), ['-  "family": "api",', '+  "family": "web",']),
    "the first item": (
        Edit("remove", f"{CONTAINER}/environment/0"),
        ['-        { "name": "A", "value": "1" },'],
    ),
    "the last item": (
        Edit("remove", f"{CONTAINER}/environment/1"),
        [
            '-        { "name": "A", "value": "1" },',
            '-        { "name": "B", "value": "2" }',
            '+        { "name": "A", "value": "1" }',
        ],
    ),
    "a member": (Edit("remove", "/cpu"), ['-  "cpu": 1.50,']),
    "an appended object looks like its sibling": (
        Edit("append", f"{CONTAINER}/environment", VARIABLE),
        [
            '-        { "name": "B", "value": "2" }',
            '+        { "name": "B", "value": "2" },',
            '+        { "name": "C", "value": "3" }',
        ],
    ),
    "the first item of a list": (
        Edit("append", f"{CONTAINER}/secrets", VARIABLE),
        [
            '-      "secrets": [],',
            '+      "secrets": [',
            '+        { "name": "C", "value": "3" }',
            "+      ],",
        ],
    ),
    "a list of words on its line": (
        Edit("append", f"{CONTAINER}/command", "c"),
        ['-      "command": ["a", "b"],', '+      "command": ["a", "b", "c"],'],
    ),
    "a new object with a list": (
        Edit("set", "/healthCheck", CHECK),
        [
            "-  ]",
            "+  ],",
            '+  "healthCheck": {',
            '+    "command": ["CMD", "x"],',
            '+    "retries": 5',
            "+  }",
        ],
    ),
    "all that an object had": (Edit("set", f"{CONTAINER}/healthCheck", {}), None),
}


def differences(before: str, after: str) -> list[str]:
    """The lines that go and come, between those that both texts begin and end with."""
    left, right = before.splitlines(), after.splitlines()
    while left and right and left[0] == right[0]:
        del left[0], right[0]
    while left and right and left[-1] == right[-1]:
        del left[-1], right[-1]
    return ["-" + line for line in left] + ["+" + line for line in right]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("unit", ["  ", "    ", "\t"])
@pytest.mark.parametrize(("edit", "changed"), CHANGES.values(), ids=CHANGES)
def test_only_the_edited_lines_change(edit, changed, unit, newline):
    def styled(text: str) -> str:
        return newline.join(line.replace("  ", unit) if line[:2] == "  " else line for line in text.split("\n"))

    after = edited(styled(PRETTY), [edit])
    assert json.loads(after) == applied(json.loads(PRETTY), [edit])
    assert newline == "\r" or after.count(newline) == len(LINE_END.findall(after))
    if changed is not None:
        plain = edited(PRETTY, [edit])
        assert differences(PRETTY, plain) == changed
        assert after == styled(plain)


SMALL = {
    "the only member": ('{\n  "a": 1\n}\n', Edit("remove", "/a"), "{}\n"),
    "the only item": ("[\n  1\n]", Edit("remove", "/0"), "[]"),
    "the first on one line": ('{"a": 1, "b": 2}', Edit("remove", "/a"), '{"b": 2}'),
    "the last on one line": ("[ 1, 2 ]", Edit("remove", "/1"), "[ 1 ]"),
    "a comma of its own style": ('{ "a": 1\n, "b": 2\n}', Edit("set", "/c", 3), '{ "a": 1\n, "b": 2\n, "c": 3\n}'),
    "one of that style": ('{ "a": 1\n, "b": 2\n}', Edit("remove", "/a"), '{ "b": 2\n}'),
    "compact": ('{"a":[1,{"b":2}]}', Edit("append", "/a", {"c": [3]}), '{"a":[1,{"b":2},{"c":[3]}]}'),
    "an empty text of one line": ("{}", Edit("set", "/a", [1]), '{"a": [1]}'),
    "an empty text of two lines": ("{\n}", Edit("set", "/a", 1), '{\n  "a": 1\n}'),
    "tabs": ('{\n\t"a": {}\n}', Edit("set", "/a/b", 1), '{\n\t"a": {\n\t\t"b": 1\n\t}\n}'),
    "no indentation": ('{\n"a": 1\n}', Edit("set", "/b", [2]), '{\n"a": 1,\n"b": [\n2\n]\n}'),
    "brackets together": (
        '{\n  "a": [{\n    "b": 1\n  }]\n}',
        Edit("append", "/a", {"b": 2}),
        '{\n  "a": [{\n    "b": 1\n  }, {\n    "b": 2\n  }]\n}',
    ),
    "one of two of these": ('[{\n  "a": 1\n}, {\n  "b": 2\n}]', Edit("remove", "/0"), '[{\n  "b": 2\n}]'),
    "blank lines between groups": ("[\n  1,\n\n  2,\n\n  3\n]", Edit("remove", "/1"), "[\n  1,\n\n  3\n]"),
    "a blank line behind the first": ("[\n  1,\n\n  2\n]", Edit("remove", "/0"), "[\n  2\n]"),
    "no blank line is copied": ("[\n  1,\n\n  2\n]", Edit("append", "", 3), "[\n  1,\n\n  2,\n  3\n]"),
    "uneven indentation stays": ("[\n  1,\n      2,\n 3\n]", Edit("remove", "/0"), "[\n      2,\n 3\n]"),
    "blanks before the line end": ("[\n  1,  \n  2\n]", Edit("remove", "/0"), "[\n  2\n]"),
    "one that shares a line": ("[1, 2,\n 3]", Edit("remove", "/1"), "[1,\n 3]"),
    "mixed line ends": ("[\r\n  1,\n  2\r\n]\r", Edit("append", "", [3]), "[\r\n  1,\n  2,\n  [\n    3\n  ]\r\n]\r"),
    "a mark at the beginning": ('\ufeff{"a": 1}', Edit("set", "/a", 2), '\ufeff{"a": 2}'),
    "Korean": ('{"가": 1}', Edit("set", "/가", "나"), '{"가": "나"}'),
    "Korean in escapes": ('{"\\uac00": 1}', Edit("set", "/가", "나"), '{"\\uac00": "\\ub098"}'),
    "half a pair": ('{"가": 1}', Edit("set", "/가", "\ud83d"), '{"가": "\\ud83d"}'),
    "all": ('{\n    "a": 1\n}\n', Edit("set", "", {"b": 2}), '{\n    "b": 2\n}\n'),
}


@pytest.mark.parametrize(("text", "edit", "expected"), SMALL.values(), ids=SMALL)
def test_it_is_written_as_the_text_is(text, edit, expected):
    assert edited(text, [edit]) == expected


def test_edits_are_made_one_after_another():
    edits = [
        Edit("remove", f"{CONTAINER}/environment/0"),
        Edit("append", f"{CONTAINER}/secrets", {"name": "A", "valueFrom": "arn"}),
        Edit("set", f"{CONTAINER}/secrets/0/valueFrom", "arn:2"),
    ]
    assert json.loads(edited(PRETTY, edits)) == applied(json.loads(PRETTY), edits)


@given(texts)
@quickly
def test_without_an_edit_nothing_changes(text):
    assert edited(text, []) == text


def alike(left, right) -> bool:
    """Equal, in the same order, and of the same types: ``1`` is not ``true``."""
    return json.dumps(left) == json.dumps(right)


@given(texts, st.data())
@quickly
def test_the_text_holds_what_the_document_would(text, data):
    document, edits = json.loads(text), []
    for _ in range(data.draw(st.integers(1, 3))):
        edits.append(data.draw(edits_of(document)))
        with suppress(EditError):
            document = applied(document, edits[-1:])
    before = json.loads(text)
    lost = pointer_lost(applied, before, edits)
    assert pointer_lost(edited, text, edits) == lost
    assert lost is not None or alike(json.loads(edited(text, edits)), applied(before, edits))


def pointer_lost(make, before, edits) -> str | None:
    """The pointer that leads nowhere, if one does."""
    try:
        make(before, edits)
    except EditError as error:
        return error.pointer
    return None


def lines(text: str) -> list[str]:
    """The lines of a text with their ends."""
    ends = [0, *(end.end() for end in LINE_END.finditer(text)), len(text)]
    return [text[start:end] for start, end in pairwise(ends)]


def touched(text: str, edit: Edit) -> tuple[int, int]:
    """From where to where an edit may change the text: what it names, and the comma before or behind it."""
    node = scanned(text, "-")
    *above, last = steps_of(edit.pointer) if edit.op != "append" else (*steps_of(edit.pointer), "-")
    for step in above:
        node = next(m.node for n, m in enumerate(node.members) if step in (m.key, str(n) if m.key is None else m.key))
    named = [n for n, m in enumerate(node.members) if last == (str(n) if m.key is None else m.key)]
    number = named[0] if named else len(node.members)
    if number == len(node.members):
        return (node.members[-1].node.end, node.members[-1].node.end) if node.members else (node.start, node.end)
    member = node.members[number]
    if edit.op == "set":
        return member.node.start, member.node.end
    start = node.members[number - 1].node.end if number else node.start
    if number < len(node.members) - 1:
        return start, text.index(",", member.node.end) + 1
    return start, member.node.end if number else node.end


@given(texts, st.data())
@quickly
def test_lines_that_are_not_touched_stay_as_they_are(text, data):
    edit = data.draw(edits_of(json.loads(text)).filter(lambda edit: edit.pointer or edit.op == "append"))
    with suppress(EditError):
        after = edited(text, [edit])
        start, end = touched(text, edit)
        before, behind = len(lines(text[:start])) - 1, len(lines(text[end:])) - 1
        assert lines(after)[:before] == lines(text)[:before]
        assert behind == 0 or lines(after)[-behind:] == lines(text)[-behind:]


@given(tidy(), st.data())
@quickly
def test_in_a_tidy_text_no_blank_line_and_no_blank_at_the_end_of_a_line_is_left(text, data):
    body = text.strip()
    edit = data.draw(edits_of(json.loads(body)))
    with suppress(EditError):
        after = edited(body, [edit])
        assert all(line.strip() for line in LINE_END.split(after))
        assert [line for line in LINE_END.split(after) if line.endswith(" ")] == []
