"""What RegisterTaskDefinition takes, by botocore's own model, and when two of its requests store the same."""

import copy

import botocore.session
import pytest

from runbook_lib.lab.registration import accept
from runbook_lib.plan.definitions import ACCEPTED, prefix, registrable, same
from runbook_lib.plan.edits import Edit, applied, at
from tests.diagnosis.builder import definition

MODEL = botocore.session.Session().get_service_model("ecs")
REQUEST = MODEL.operation_model("RegisterTaskDefinition").input_shape
TAGS = [{"key": "team", "value": "llm"}]
CONTAINER = "/containerDefinitions/0"


def test_the_names_are_those_of_the_request():
    assert set(REQUEST.members) == ACCEPTED


@pytest.mark.parametrize("name", sorted(set(MODEL.shape_for("TaskDefinition").members) - set(REQUEST.members)))
def test_what_ecs_adds_is_left_out(name):
    assert name not in registrable({**definition(1), name: "x"})


@pytest.mark.parametrize("name", sorted(ACCEPTED - {"tags"}))
def test_what_the_request_takes_stays(name):
    value = object()
    assert registrable({name: value}) == {name: value}


def test_the_printed_wrapping_is_taken_off_and_known_by_its_pointer():
    plain, wrapped = definition(1), {"taskDefinition": definition(1), "tags": TAGS}
    assert registrable(wrapped) == {**registrable(plain), "tags": TAGS}
    assert (prefix(plain), prefix(wrapped)) == ("", "/taskDefinition")
    assert at(wrapped, prefix(wrapped) + "/family") == at(plain, prefix(plain) + "/family")


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (TAGS, {"tags": TAGS}),
        ([], {}),
        (None, {}),
        ([*TAGS, {"key": "aws:cloudformation:stack-name", "value": "x"}], {"tags": TAGS}),
        ([{"key": "AWS:x", "value": "x"}], {}),
    ],
)
def test_tags_go_along_but_for_those_of_aws_and_an_empty_list(tags, expected):
    assert registrable({"family": "api", "tags": tags}) == {"family": "api", **expected}
    assert registrable({"taskDefinition": {"family": "api"}, "tags": tags}) == {"family": "api", **expected}


GIVEN = {
    "family": "api",
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "executionRoleArn": "arn:aws:iam::123456789012:role/execution",
    "cpu": "256",
    "memory": "0.5 GB",
    "containerDefinitions": [
        {
            "name": "app",
            "image": "public.ecr.aws/nginx/nginx:1.27",
            "portMappings": [{"containerPort": 80}],
            "environment": [{"name": "B", "value": "1"}, {"name": "A", "value": "2"}],
            "secrets": [{"name": "D", "valueFrom": "arn:d"}, {"name": "C", "valueFrom": "arn:c"}],
            "healthCheck": {"command": ["CMD-SHELL", "exit 0"]},
            "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/g", "awslogs-region": "r"}},
        }
    ],
}
BRIDGED = {**GIVEN, "networkMode": "bridge", "requiresCompatibilities": []}


@pytest.mark.parametrize("document", [GIVEN, BRIDGED, {**GIVEN, "cpu": ".25 vCPU"}], ids=["fargate", "bridge", "vcpu"])
def test_a_file_is_the_same_as_the_revision_that_was_made_of_it(document):
    kept = accept(document)
    assert same(document, {**kept, "revision": 3, "status": "ACTIVE"})
    assert same(kept, document)
    assert same(document, {"taskDefinition": kept, "tags": TAGS})


SAME = {
    "order of the environment": Edit(
        "set", f"{CONTAINER}/environment", GIVEN["containerDefinitions"][0]["environment"][::-1]
    ),
    "order of the secrets": Edit("set", f"{CONTAINER}/secrets", GIVEN["containerDefinitions"][0]["secrets"][::-1]),
    "sizes as numbers": Edit("set", "/cpu", 256),
    "sizes with units": Edit("set", "/memory", "512"),
    "essential": Edit("set", f"{CONTAINER}/essential", True),
    "a container without its own cpu": Edit("set", f"{CONTAINER}/cpu", 0),
    "the port of the host": Edit("set", f"{CONTAINER}/portMappings/0/hostPort", 80),
    "no port of the host": Edit("set", f"{CONTAINER}/portMappings/0/hostPort", 0),
    "tcp": Edit("set", f"{CONTAINER}/portMappings/0/protocol", "tcp"),
    "times of the check": Edit("set", f"{CONTAINER}/healthCheck/interval", 30),
    "no mounts": Edit("set", f"{CONTAINER}/mountPoints", []),
    "no volumes from others": Edit("set", f"{CONTAINER}/volumesFrom", []),
    "no settings of the kernel": Edit("set", f"{CONTAINER}/systemControls", []),
    "no volumes": Edit("set", "/volumes", []),
    "no constraints": Edit("set", "/placementConstraints", []),
    "null": Edit("set", "/taskRoleArn", None),
    "no labels": Edit("set", f"{CONTAINER}/dockerLabels", {}),
    "a switch that is off": Edit("set", f"{CONTAINER}/readonlyRootFilesystem", False),
    "tags": Edit("set", "/tags", TAGS),
    "what ECS adds": Edit("set", "/registeredBy", "arn:aws:iam::123456789012:user/a"),
}
DIFFERENT = {
    "an image": Edit("set", f"{CONTAINER}/image", "public.ecr.aws/nginx/nginx:1.28"),
    "a value": Edit("set", f"{CONTAINER}/environment/0/value", "3"),
    "a variable": Edit("remove", f"{CONTAINER}/environment/0"),
    "a secret": Edit("set", f"{CONTAINER}/secrets/0/valueFrom", "arn:e"),
    "a size": Edit("set", "/cpu", "512"),
    "not essential": Edit("set", f"{CONTAINER}/essential", False),
    "another port": Edit("set", f"{CONTAINER}/portMappings/0/containerPort", 81),
    "udp": Edit("set", f"{CONTAINER}/portMappings/0/protocol", "udp"),
    "a command": Edit("set", f"{CONTAINER}/command", ["a"]),
    "a check": Edit("set", f"{CONTAINER}/healthCheck/retries", 4),
    "no check": Edit("remove", f"{CONTAINER}/healthCheck"),
    "a role": Edit("set", "/taskRoleArn", "arn:aws:iam::123456789012:role/app"),
    "a volume": Edit("set", "/volumes", [{"name": "v"}]),
    "a mount": Edit("set", f"{CONTAINER}/mountPoints", [{"sourceVolume": "v", "containerPath": "/v"}]),
    "a network mode": Edit("set", "/networkMode", "bridge"),
    "a container": Edit("append", "/containerDefinitions", {"name": "b", "image": "b"}),
    "no containers": Edit("set", "/containerDefinitions", []),
    "what is no container": Edit("set", CONTAINER, "app"),
    "what is no list": Edit("set", f"{CONTAINER}/environment", {"A": "2"}),
}


@pytest.mark.parametrize("edit", SAME.values(), ids=SAME)
def test_it_is_stored_as_the_same(edit):
    other = applied(GIVEN, [edit])
    assert same(GIVEN, other)
    assert same(other, GIVEN)


@pytest.mark.parametrize("edit", DIFFERENT.values(), ids=DIFFERENT)
def test_it_is_stored_as_another(edit):
    other = applied(GIVEN, [edit])
    assert not same(GIVEN, other)
    assert not same(other, GIVEN)


def test_of_a_name_that_stands_twice_the_order_counts():
    twice = [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]
    left, right = (applied(GIVEN, [Edit("set", f"{CONTAINER}/environment", pairs)]) for pairs in (twice, twice[::-1]))
    assert not same(left, right)


def test_any_port_of_the_host_is_not_a_port_of_it():
    pinned = applied(BRIDGED, [Edit("set", f"{CONTAINER}/portMappings/0/hostPort", 80)])
    assert not same(BRIDGED, pinned)
    assert same(BRIDGED, applied(BRIDGED, [Edit("set", f"{CONTAINER}/portMappings/0/hostPort", 0)]))


def test_nothing_given_is_changed():
    before = copy.deepcopy(GIVEN)
    registrable(GIVEN)
    same(GIVEN, accept(GIVEN))
    assert before == GIVEN
