"""Edits by RFC 6901 pointers: made in order, on a copy, or refused with their pointer."""

import copy

import pytest

from runbook_lib.plan.edits import Edit, EditError, applied, at, pointer_of, steps_of

# The document and the pointers of RFC 6901, section 5.
RFC = {"foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\j": 5, 'k"l': 6, " ": 7, "m~n": 8}
OF_RFC = {"": RFC, "/foo": ["bar", "baz"], "/foo/0": "bar", "/": 0, "/a~1b": 1, "/c%d": 2, "/ ": 7, "/m~0n": 8}
LOST = ["foo", "/nothing", "/foo/2", "/foo/01", "/foo/-", "/foo/-1", "/foo/0/x", "/a~1b/x", "/~2", "/~", "/foo/٠"]


@pytest.mark.parametrize(("pointer", "value"), OF_RFC.items())
def test_a_pointer_leads_to_a_value(pointer, value):
    assert at(RFC, pointer) == value
    assert pointer_of(*steps_of(pointer)) == pointer


@pytest.mark.parametrize("pointer", LOST)
def test_a_pointer_that_leads_nowhere_is_named(pointer):
    with pytest.raises(EditError) as refused:
        at(RFC, pointer)
    assert refused.value.pointer == pointer


DOCUMENT = {"a": [1, {"b": 2}], "c": {}}
MADE = {
    "replace a member": (Edit("set", "/c", 3), {"a": [1, {"b": 2}], "c": 3}),
    "add a member": (Edit("set", "/c/d", 3), {"a": [1, {"b": 2}], "c": {"d": 3}}),
    "replace an item": (Edit("set", "/a/0", 3), {"a": [3, {"b": 2}], "c": {}}),
    "replace the whole": (Edit("set", "", 3), 3),
    "remove a member": (Edit("remove", "/a/1/b"), {"a": [1, {}], "c": {}}),
    "remove an item": (Edit("remove", "/a/0"), {"a": [{"b": 2}], "c": {}}),
    "append": (Edit("append", "/a", 3), {"a": [1, {"b": 2}, 3], "c": {}}),
}


@pytest.mark.parametrize(("edit", "expected"), MADE.values(), ids=MADE)
def test_an_edit_is_made_on_a_copy(edit, expected):
    before = copy.deepcopy(DOCUMENT)
    assert applied(before, [edit]) == expected
    assert before == DOCUMENT


@pytest.mark.parametrize(
    "edit",
    [
        Edit("set", "/a/2", 1),
        Edit("set", "/a/-", 1),
        Edit("set", "/a/0/x", 1),
        Edit("set", "/x/y", 1),
        Edit("remove", ""),
        Edit("remove", "/c/d"),
        Edit("append", "/c", 1),
        Edit("append", "/x", 1),
        Edit("append", "/a/0", 1),
    ],
    ids=lambda edit: f"{edit.op} {edit.pointer}",
)
def test_an_edit_that_cannot_be_made_is_refused(edit):
    with pytest.raises(EditError) as refused:
        applied(DOCUMENT, [edit])
    assert refused.value.pointer == edit.pointer


def test_edits_are_made_one_after_another_and_share_nothing():
    value = {"x": []}
    edits = [Edit("set", "/c", value), Edit("append", "/c/x", 1), Edit("remove", "/a/0"), Edit("remove", "/a/0")]
    assert applied(DOCUMENT, edits) == {"a": [], "c": {"x": [1]}}
    assert value == {"x": []}
