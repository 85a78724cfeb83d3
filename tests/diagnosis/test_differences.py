"""Field by field, in AWS's names: of lists what went and what came; of masked values only that they may differ."""

import pytest

from runbook_lib.diagnosis.differences import of_definitions, of_digests, of_settings
from tests.diagnosis.builder import asks, container, definition
from tests.diagnosis.comparing import setting

SECRET = "arn:aws:secretsmanager:ap-northeast-2:123456789012:secret:"
ROLE = "arn:aws:iam::123456789012:role/"


def differ(before, after):
    """Container or scope, field, before, after of what is not the same."""
    found = of_definitions(before, after)
    return [(d.container or d.scope, d.field, d.before, d.after) for d in found if d.before or d.after]


def of(old, new):
    """The differences of two containers that are alike but for these fields."""
    return differ(definition(1, container(**old)), definition(2, container(**new)))


def env(*names):
    return [{"name": name, "value": "***"} for name in names]


def secrets(**named):
    return [{"name": name, "valueFrom": SECRET + value} for name, value in named.items()]


OF_A_CONTAINER = {
    "tag": ({"image": "r.io/a/b:1"}, {"image": "r.io/a/b:2"}, [("image.tag", ("1",), ("2",))]),
    "repository": (
        {"image": "r.io:443/a:1"},
        {"image": "r.io:443/b:1"},
        [("image.repository", ("r.io:443/a",), ("r.io:443/b",))],
    ),
    "digest instead of a tag": (
        {"image": "a:1"},
        {"image": "a@sha256:ff"},
        [("image.tag", ("1",), ()), ("image.digest", (), ("sha256:ff",))],
    ),
    "no tag is latest": ({"image": "nginx"}, {"image": "nginx:latest"}, []),
    "environment by its names": (
        {"environment": env("A", "B")},
        {"environment": env("B", "C", "D")},
        [("environment", ("A",), ("C", "D"))],
    ),
    "another order is the same": ({"environment": env("A", "B")}, {"environment": env("B", "A")}, []),
    "a secret's source": (
        {"secrets": secrets(A="x", B="y")},
        {"secrets": secrets(A="x", B="z", C="c")},
        [("secrets", (f"B={SECRET}y",), (f"B={SECRET}z", f"C={SECRET}c"))],
    ),
    "ports": (
        {"portMappings": [{"containerPort": 80, "hostPort": 80, "protocol": "tcp"}]},
        {"portMappings": [{"containerPort": 80, "hostPort": 8080, "protocol": "tcp", "name": "web"}]},
        [("portMappings", ("80/tcp",), ("8080:80/tcp name=web",))],
    ),
    "one field of the health check": (
        {"healthCheck": {"command": asks("/"), "interval": 30}},
        {"healthCheck": {"command": asks("/"), "interval": 10}},
        [("healthCheck.interval", ("30",), ("10",))],
    ),
    "a health check where there was none": (
        {"healthCheck": None},
        {"healthCheck": {"command": ["CMD", "true"], "interval": 30}},
        [("healthCheck", (), ("command=CMD true", "interval=30"))],
    ),
    "a command of another length": (
        {"command": ["***"]},
        {"command": ["***", "***"]},
        [("command", ("***",), ("*** ***",))],
    ),
    "entry point": ({}, {"entryPoint": ["***"]}, [("entryPoint", (), ("***",))]),
    "essential": ({"essential": True}, {"essential": False}, [("essential", ("true",), ("false",))]),
    "depends on": (
        {"dependsOn": [{"containerName": "db", "condition": "START"}]},
        {"dependsOn": [{"containerName": "db", "condition": "HEALTHY"}]},
        [("dependsOn.condition", ("START",), ("HEALTHY",))],
    ),
    "memory": ({"memory": 512}, {"memory": 256}, [("memory", ("512",), ("256",))]),
    "mounts": (
        {},
        {"mountPoints": [{"sourceVolume": "v", "containerPath": "/data"}]},
        [("mountPoints", (), ("sourceVolume=v containerPath=/data",))],
    ),
    "log group": (
        {"logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/a"}}},
        {"logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/b"}}},
        [("logConfiguration.options.awslogs-group", ("/a",), ("/b",))],
    ),
    "any other field": ({}, {"readonlyRootFilesystem": True}, [("readonlyRootFilesystem", (), ("true",))]),
    "absent, null and empty are the same": ({"links": []}, {"links": None, "dnsServers": [], "user": ""}, []),
}


@pytest.mark.parametrize(("old", "new", "found"), OF_A_CONTAINER.values(), ids=OF_A_CONTAINER)
def test_what_differs_in_a_container(old, new, found):
    assert of(old, new) == [("app", *row) for row in found]


OF_A_TASK = {
    "cpu": ({"cpu": "256"}, {"cpu": "512"}, ("cpu", ("256",), ("512",))),
    "roles": ({"taskRoleArn": ROLE + "a"}, {}, ("taskRoleArn", (ROLE + "a",), ())),
    "network mode": ({"networkMode": "awsvpc"}, {"networkMode": "bridge"}, ("networkMode", ("awsvpc",), ("bridge",))),
    "platform": (
        {"runtimePlatform": {"cpuArchitecture": "X86_64"}},
        {"runtimePlatform": {"cpuArchitecture": "ARM64"}},
        ("runtimePlatform.cpuArchitecture", ("X86_64",), ("ARM64",)),
    ),
    "storage": ({}, {"ephemeralStorage": {"sizeInGiB": 50}}, ("ephemeralStorage", (), ("sizeInGiB=50",))),
    "volumes": (
        {"volumes": [{"name": "v", "efsVolumeConfiguration": {"fileSystemId": "fs-1"}}]},
        {"volumes": [{"name": "v", "efsVolumeConfiguration": {"fileSystemId": "fs-2"}}]},
        (
            "volumes",
            ("name=v efsVolumeConfiguration.fileSystemId=fs-1",),
            ("name=v efsVolumeConfiguration.fileSystemId=fs-2",),
        ),
    ),
}


@pytest.mark.parametrize(("old", "new", "row"), OF_A_TASK.values(), ids=OF_A_TASK)
def test_what_differs_in_a_task(old, new, row):
    assert differ(definition(1) | old, definition(2) | new) == [("task", *row)]


def test_what_names_a_revision_is_no_difference():
    itself = {"status": "INACTIVE", "registeredAt": "x", "requiresAttributes": [{"name": "y"}], "tags": [{"key": "z"}]}
    assert differ(definition(1), definition(2) | itself) == []


def test_a_container_that_came_and_one_that_went():
    before = definition(1, container(), container("proxy", image="envoy:1"))
    after = definition(2, container(), container("otel", image="otel:2"))
    assert differ(before, after) == [
        ("proxy", "container", ("envoy:1",), ()),
        ("otel", "container", (), ("otel:2",)),
    ]


def test_what_is_masked_may_differ_unseen():
    masked = {"command": ["***"], "dockerLabels": {"a": "***"}, "environment": env("A")}
    found = of_definitions(definition(1, container(**masked)), definition(2, container(**masked)))
    assert {d.field: (d.before, d.after) for d in found if d.masked} == dict.fromkeys(
        ("environment", "command", "dockerLabels.a"), ((), ())
    )


def test_names_that_came_do_not_hide_that_the_values_of_others_are_masked():
    old, new = (definition(1, container(environment=env(*names))) for names in ("A", "AB"))
    [found] = [d for d in of_definitions(old, new) if d.field == "environment"]
    assert (found.after, found.masked) == (("B",), True)
    [other] = [d for d in of_definitions(old, definition(2, container(environment=env("C")))) if d.before]
    assert not other.masked


def test_settings_of_the_service():
    network = {"subnets": ["subnet-b", "subnet-c"], "securityGroups": ["sg-1"], "assignPublicIp": "DISABLED"}
    balancer = {**setting(1)["loadBalancers"][0], "containerPort": 8080}
    after = setting(3, networkConfiguration={"awsvpcConfiguration": network}, loadBalancers=[balancer])
    found = [(d.scope, d.field, d.before, d.after) for d in of_settings(setting(1), after)]
    assert found == [
        ("service", "loadBalancers.containerPort", ("8000",), ("8080",)),
        ("service", "networkConfiguration.awsvpcConfiguration.subnets", ("subnet-a",), ("subnet-c",)),
        ("service", "networkConfiguration.awsvpcConfiguration.assignPublicIp", ("ENABLED",), ("DISABLED",)),
    ]


def test_capacity_and_platform_of_the_service():
    spot = {"capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1}], "launchType": None}
    found = {d.field: (d.before, d.after) for d in of_settings(setting(1), setting(3, platformVersion="1.3.0", **spot))}
    assert found == {
        "launchType": (("FARGATE",), ()),
        "platformVersion": (("1.4.0",), ("1.3.0",)),
        "capacityProviderStrategy": ((), ("capacityProvider=FARGATE_SPOT weight=1",)),
    }


def image(digest, tag="latest"):
    return setting(1, containerImages=[{"containerName": "app", "image": f"a:{tag}", "imageDigest": digest}])


DIGESTS = {
    "another image behind the same tag": (image("sha256:1"), image("sha256:2"), [("sha256:1", "sha256:2")]),
    "the same": (image("sha256:1"), image("sha256:1"), []),
    "another tag tells enough": (image("sha256:1", "1"), image("sha256:2", "2"), []),
    "not resolved": (image("sha256:1"), image(None), []),
}


@pytest.mark.parametrize(("before", "after", "found"), DIGESTS.values(), ids=DIGESTS)
def test_the_image_behind_a_tag(before, after, found):
    told = list(of_digests(before, after))
    assert [(d.before[0], d.after[0]) for d in told] == found
    assert {(d.container, d.field) for d in told} <= {("app", "image.digest")}


@pytest.mark.parametrize("odd", ["***", None, 7, {"a": {"b": []}}, [None, "x", ["y"], {"name": None}]])
def test_what_has_another_shape_is_still_compared(odd):
    fields = ("environment", "secrets", "portMappings", "healthCheck", "volumes", "image", "logConfiguration")
    other = definition(2, container(**dict.fromkeys(fields, odd)))
    assert list(of_definitions(definition(1), other))
    assert not [d for d in of_definitions(other, other) if d.before or d.after]
