"""Commands are the guide's, carry this service's names, and mean in a shell exactly what they say."""

from __future__ import annotations

import shlex
import subprocess
from dataclasses import replace

import pytest

from runbook_lib.evidence.model import Target
from runbook_lib.report.commands import CommandOptions, command, commands, in_shell
from tests.report import sample

NAMES = [
    "service_state",
    "running_tasks",
    "stopped_tasks",
    "task_details",
    "service_events",
    "image_tags",
    "image_by_tag",
    "stop_task",
    "register",
    "update_service",
    "watch",
    "task_health",
    "load_balancer",
    "curl",
    "target_groups",
    "target_health",
]
HOSTILE = [
    "two words",
    "it's",
    'say "x"',
    "$(reboot)",
    "`reboot`",
    "a;b",
    "a\nb",
    "<TASK_ARN>",
    "!!",
    "\\",
    "*",
    "'\"$`",
]


def text(name: str, about=None, options: CommandOptions | None = None) -> str:
    return command(commands(about or sample.guide(), options), name).text


def test_every_command_of_the_guide_is_there_in_its_order():
    assert [c.name for c in commands(sample.guide())] == NAMES


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("service_state", "--services momentir-cx-llm-service"),
        ("running_tasks", "--cluster momentir-cx-llm-cluster"),
        ("task_details", "--tasks " + sample.tasks()[0]["taskArn"].rpartition("/")[2]),
        ("service_events", "--query 'services[0].events[:10]'"),
        ("image_tags", "--repository-name momentir-cx-llm"),
        ("image_by_tag", f"--image-ids imageTag=latest imageTag={sample.TAG}"),
        ("stop_task", "--task " + sample.tasks()[0]["taskArn"].rpartition("/")[2]),
        ("register", "--cli-input-json file://aws/task-definition.json"),
        ("update_service", "--task-definition 'momentir-cx-llm:<NEW_REVISION>'"),
        ("watch", 'watch -n 30 "aws ecs describe-services'),
        ("load_balancer", "--names momentir-cx-llm-alb"),
        ("curl", "curl 'https://<ALB_DNS_NAME>/' -k -I --connect-timeout 10"),
        ("target_groups", f"--target-group-arns {sample.GROUP}"),
    ],
)
def test_what_was_read_is_filled_in(name, expected):
    assert expected in text(name)


def test_without_aws_the_names_of_the_service_suffice():
    found = commands(Target("c", "s", "eu-west-1"))
    assert [c.name for c in found] == NAMES
    assert "--tasks '<TASK_ARN>'" in command(found, "task_details").text
    assert all("--region eu-west-1" in c.text for c in found if c.argv[0] == "aws")


def test_an_endpoint_and_a_profile_go_to_every_aws_command():
    options = CommandOptions(endpoint_url="http://127.0.0.1:5599", profile="on call")
    found = [c for c in commands(sample.guide(), options) if c.argv[0] == "aws"]
    assert all("--endpoint-url http://127.0.0.1:5599" in c.text and "--profile 'on call'" in c.text for c in found)


def test_a_registry_of_another_account_and_region_is_named():
    other = [
        replace(r, request=replace(r.request, args=(("region", "us-east-1"), ("registry", "1"), ("repository", "r"))))
        for r in sample.guide().all("images")
    ]
    found = text("image_tags", replace(sample.guide(), readings=tuple(other)))
    assert "--registry-id 1" in found
    assert "--region us-east-1" in found


@pytest.mark.parametrize("word", HOSTILE)
def test_a_shell_gives_back_every_argument_as_it_was(word):
    assert words_of(in_shell(("a", word, "b"))) == ["a", word, "b"]


def words_of(line: str) -> list[str]:
    """The arguments that a shell makes of a line."""
    ran = subprocess.run(["bash", "-c", f"printf '%s\\0' {line}"], capture_output=True, check=True)
    return ran.stdout.decode("utf-8", "surrogatepass").removesuffix("\0").split("\0")


@pytest.mark.parametrize(
    "word", ["a\nrm -rf ~", "\x1b[31m", "\u202egpj", "\x9b", "a\tb'\"$x\n", "\\n\n", "\ud800\n", "1\r2"]
)
def test_what_cannot_be_seen_is_one_visible_word_of_one_line(word):
    line = in_shell((word,))
    assert line.isprintable()
    assert words_of(line) == [word]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_one_argument_in_every_command(name):
    found = commands(Target(name, name, "r"))
    assert [tuple(words_of(c.text)) for c in found] == [c.argv for c in found]


def test_the_watched_command_survives_two_shells():
    inner = command(commands(Target("it's", "s", "r")), "watch").argv[3]
    assert shlex.split(inner)[:5] == ["aws", "ecs", "describe-services", "--cluster", "it's"]
