"""A diff shows what an edit does to a file, and no value that can be secret, whatever the file looks like."""

import json
import re
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook_lib.errors import InputError
from runbook_lib.evidence import redaction
from runbook_lib.plan.differences import masked, unified
from runbook_lib.plan.edits import Edit
from runbook_lib.plan.json_spans import LINE_END
from runbook_lib.plan.json_text import edited
from tests.plan.writing import documents, quickly, tidy, untidy

SECRET = "hunter2-and-more"
FILE = f"""\
{{
  "family": "api",
  "containerDefinitions": [
    {{
      "name": "app",
      "image": "r/a:1",
      "environment": [
        {{"name": "A", "value": "{SECRET}"}},
        {{
          "name": "LANGSMITH_TRACING",
          "value": "{SECRET}"
        }}
      ],
      "secrets": [{{"name": "LANGSMITH_TRACING", "valueFrom": "arn:s"}}],
      "healthCheck": {{"command": ["CMD-SHELL", "curl -f http://localhost:8000/ -H 'K: {SECRET}'"]}}
    }}
  ]
}}
"""
CONTAINER = "/containerDefinitions/0"
NAME = "deploy/td.json"
TEXT = re.compile(r"text-\d+-")


def test_a_removed_variable_is_shown_without_its_value():
    after = edited(FILE, [Edit("remove", f"{CONTAINER}/environment/1")])
    assert unified(FILE, after, NAME) == (
        "--- deploy/td.json\n"
        "+++ deploy/td.json\n"
        "@@ -5,11 +5,7 @@\n"
        '       "name": "app",\n'
        '       "image": "r/a:1",\n'
        '       "environment": [\n'
        '-        {"name": "A", "value": "***"},\n'
        "-        {\n"
        '-          "name": "LANGSMITH_TRACING",\n'
        '-          "value": "***"\n'
        "-        }\n"
        '+        {"name": "A", "value": "***"}\n'
        "       ],\n"
        '       "secrets": [{"name": "LANGSMITH_TRACING", "valueFrom": "arn:s"}],\n'
        """       "healthCheck": {"command": ["CMD-SHELL", "curl -f http://localhost:8000/ -H ***"]}\n"""
    )


@pytest.mark.parametrize(
    ("edit", "gone", "come"),
    [
        (Edit("set", f"{CONTAINER}/image", "r/a:2"), '-      "image": "r/a:1",', '+      "image": "r/a:2",'),
        (
            Edit("set", f"{CONTAINER}/healthCheck/command", ["CMD-SHELL", "curl -f http://localhost:8000/health"]),
            """-      "healthCheck": {"command": ["CMD-SHELL", "curl -f http://localhost:8000/ -H ***"]}""",
            '+      "healthCheck": {"command": ["CMD-SHELL", "curl -f http://localhost:8000/health"]}',
        ),
    ],
    ids=["image", "health check"],
)
def test_what_is_no_secret_is_shown(edit, gone, come):
    shown = unified(FILE, edited(FILE, [edit]), NAME).splitlines()
    assert [line for line in shown if line[0] in "+-"][2:] == [gone, come]


def test_a_changed_value_shows_as_unchanged():
    assert unified(FILE, edited(FILE, [Edit("set", f"{CONTAINER}/environment/0/value", "other")]), NAME) == ""


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
def test_line_ends_are_no_part_of_what_is_shown(newline):
    before, edit = FILE.replace("\n", newline), Edit("set", f"{CONTAINER}/image", "r/a:2")
    assert unified(before, edited(before, [edit]), NAME) == unified(FILE, edited(FILE, [edit]), NAME)


HIDDEN = {
    "a value": {"environment": [{"name": "A", "value": SECRET}]},
    "a number": {"environment": [{"name": "A", "value": 31337}]},
    "a value that is an object": {"environment": [{"name": "A", "value": {SECRET: [SECRET]}}]},
    "a mapping": {"environment": {SECRET: SECRET}},
    "a list of words": {"environment": [SECRET]},
    "a word": {"environment": SECRET},
    "another case": {"Environment": [{"Name": "A", "Value": SECRET}]},
    "a command": {"command": ["run", "--token", SECRET]},
    "a header of the check": {"healthCheck": {"command": ["CMD-SHELL", f"curl -H 'K: {SECRET}' http://localhost/"]}},
    "a label": {"dockerLabels": {"a": SECRET}},
    "a log option": {"logConfiguration": {"logDriver": "splunk", "options": {"splunk-token": SECRET}}},
    "an unknown field": {"x-notes": {SECRET: SECRET}},
}
AROUND = {
    "plain": lambda container: {"containerDefinitions": [container]},
    "wrapped": lambda container: {"taskDefinition": {"containerDefinitions": [container]}, "tags": []},
    "beside": lambda container: {"taskDefinition": {}, "containerDefinitions": [container]},
    "in an unknown field": lambda container: {"taskDefinition": {}, "services": [container]},
    "no task definition": lambda container: [container],
}


@pytest.mark.parametrize("around", AROUND.values(), ids=AROUND)
@pytest.mark.parametrize("container", HIDDEN.values(), ids=HIDDEN)
def test_what_can_be_secret_is_in_no_diff(container, around):
    before = json.dumps(around(container), indent=2)
    shown = masked(before, NAME) + unified(before, "{}", NAME) + unified("{}", before, NAME)
    assert SECRET not in shown
    assert "31337" not in shown
    assert len(masked(before, NAME).splitlines()) == len(before.splitlines())


def test_a_text_that_is_no_json_is_refused_by_its_name():
    with pytest.raises(InputError) as refused:
        unified(FILE, FILE + "// done", NAME)
    assert (refused.value.key, refused.value.facts["file"]) == ("file-json-comment", NAME)


names = st.sampled_from(["environment", "secrets", "command", "name", "value", "image", "options", "extra"])
containers = st.dictionaries(names, documents | st.lists(st.dictionaries(names, documents), max_size=2), max_size=4)
definitions = st.fixed_dictionaries({"family": documents, "containerDefinitions": st.lists(containers, max_size=2)})


def numbered(value, numbers):
    """The document with every text in it replaced by one that stands nowhere else."""
    if isinstance(value, dict):
        return {key: numbered(item, numbers) for key, item in value.items()}
    if isinstance(value, list):
        return [numbered(item, numbers) for item in value]
    return f"text-{next(numbers)}-" if isinstance(value, str) else value


numbered_definitions = definitions.map(lambda document: numbered(document, count()))


@given(tidy(numbered_definitions) | untidy(numbered_definitions))
@quickly
def test_it_shows_what_redaction_leaves_and_nothing_else_line_for_line(text):
    shown, left = masked(text, NAME), json.dumps(redaction.task_definition(json.loads(text)))
    assert TEXT.findall(shown) == TEXT.findall(left)
    assert len(LINE_END.findall(shown)) == len(LINE_END.findall(text))
