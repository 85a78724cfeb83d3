"""Of the user's own files and words only what is evidence is kept."""

import json

import pytest

from runbook_lib.evidence import local

SECRET = "hunter2-and-more"
REFUSED = (
    "An error occurred (ClientException) when calling the RegisterTaskDefinition operation: The secret name must be "
    "unique and not shared with any new or existing environment variables set on the container, such as "
    "'LANGSMITH_TRACING'."
)
LOGS = {
    "lines": f"export TOKEN={SECRET}\n{REFUSED}\nkey: {SECRET}\n",
    "carriage returns": f"{REFUSED}\rkey: {SECRET}\r",
    "one string": f'{{"log": "{REFUSED}\\n key: {SECRET}"}}',
    "a workflow command": f"::error::{REFUSED}%0Akey: {SECRET}",
    "colours": f"\x1b[31m{REFUSED}\x1b[0m {SECRET}",
    "more on the line": f"{REFUSED} key: {SECRET}",
    "in quotes": f'"{REFUSED}" {SECRET}',
    "another line end": f"{REFUSED}\u2028{SECRET}",
}


@pytest.mark.parametrize("log", LOGS.values(), ids=LOGS)
def test_of_a_pasted_log_awss_sentence_is_kept(log):
    assert local.deploy_message(log).data == {"messages": [REFUSED]}


@pytest.mark.parametrize(
    "line",
    [
        f"An error occurred (InvalidParameterException) when calling X: Value '{SECRET}' at 'clientToken' is too long",
        f"An error occurred (ClientException) when calling X: denied, TOKEN={SECRET}",
        f"ClientException: see https://ci:{SECRET}@example.com/log?key={SECRET}#{SECRET}",
    ],
)
def test_values_that_a_message_quotes_are_masked(line):
    [kept] = local.aws_words(line)
    assert SECRET not in kept
    assert kept.startswith(line[:20])


def test_a_task_definition_file_keeps_the_fields_that_aws_knows(tmp_path):
    container = {
        "name": "app",
        "image": f"a/b:{'5' * 40}",
        "environment": [{"name": "TOKEN", "value": SECRET}, {"name": "OLD", "Value": SECRET}],
        "Environment": [{"name": "TOKEN", "value": SECRET}],
        "secrets": [{"name": "KEY", "valueFrom": "arn:aws:ssm:a:1:parameter/k", "value": SECRET}],
        "_comment": f"the password is {SECRET}",
    }
    tree = {
        "family": "a",
        "//": SECRET,
        "tags": [{"key": "owner", "value": SECRET}],
        "containerDefinitions": [container],
    }
    path = tmp_path / "task.json"
    path.write_text(json.dumps(tree), encoding="utf-8")
    kept = local.task_definition_file(path).data["task_definition"]
    assert SECRET not in json.dumps(kept)
    assert kept["containerDefinitions"][0]["image"] == container["image"]
    assert [entry["name"] for entry in kept["containerDefinitions"][0]["environment"][:2]] == ["TOKEN", "OLD"]
    assert kept["containerDefinitions"][0]["secrets"][0]["valueFrom"].startswith("arn:aws:ssm")


@pytest.mark.parametrize(
    "piece", ["An error occurred (A)", "ClientException: ", "value '", "a=", "The secret name must be unique"]
)
def test_a_huge_log_is_read_in_linear_time(piece):
    assert len(local.aws_words(piece * (1_000_000 // len(piece)))) <= 50
