"""What evidence makes exact: policies of just what is refused, the secret that is meant, the zones that are left."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from typing import Any

import pytest

from runbook_lib.evidence.model import Evidence
from runbook_lib.report import steps
from runbook_lib.report.blocks import Step
from runbook_lib.report.context import Context
from tests.diagnosis import builder as made
from tests.diagnosis.rules import test_execution_role_denied as denials
from tests.diagnosis.rules import test_execution_role_unassumable as trusts
from tests.report.test_words import of

AUTH = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "
FROM_ASM = f"{AUTH}unable to retrieve secret from asm: service call has been retried 1 time(s): "
FROM_SSM = f"{AUTH}unable to retrieve secrets from ssm: service call has been retried 1 time(s): "
ROLE = denials.ROLE
CLIENT = f"arn:aws:secretsmanager:{made.REGION}:{made.ACCOUNT}:secret:client-Ab12Cd"
OTHER = f"arn:aws:secretsmanager:{made.REGION}:{made.ACCOUNT}:secret:other-Ab12Cd"
LOGGING = "CannotStartContainerError: failed to initialize logging driver: failed to create Cloudwatch log stream: "


def todo(rule: str, evidence: Evidence) -> list[Step]:
    return steps.fix(of(rule, evidence), evidence, Context("en"))


def argv(step: Step) -> list[str]:
    return shlex.split(step.command.replace("\\\n", " "))


def commands(found: list[Step]) -> list[str]:
    """Service and operation of each."""
    return [" ".join(argv(step)[1:3]) for step in found if step.command]


def given(found: list[Step], operation: str, option: str) -> Any:
    words = next(argv(step) for step in found if f" {operation}" in step.command)
    value = words[words.index(option) + 1]
    return json.loads(value) if value.startswith("{") else value


def starting(said: str, *secrets: tuple[str, str], **changes: Any) -> Evidence:
    """A deployment whose tasks do not start, in ECS's words, with these secrets and this definition."""
    listed = [{"name": name, "valueFrom": value} for name, value in secrets]
    image = changes.pop("image", made.image(made.COMMIT))
    container = made.container(secrets=listed, image=image)
    defined = made.definition(3, container) | {"executionRoleArn": ROLE} | changes
    tasks = [made.stopped(n, 3, n, said, ran=False) for n in (2, 4)]
    return made.guide(described=made.service(made.deployment(3, 10, failedTasks=2)), tasks=tasks, definitions=[defined])


def refused(*denied: str, **told: Any) -> Evidence:
    """A role that lacks these actions; ``told`` is what IAM says besides of each."""
    secret = made.container(secrets=[{"name": "TOKEN", "valueFrom": CLIENT}])
    found = denials.answered(denials.failing(secret), *denied, decision=told.pop("decision", "implicitDeny"))
    readings = [
        replace(r, data=[one | (told if one["EvalDecision"] != "allowed" else {}) for one in r.data])
        if r.request.kind == "role_permissions"
        else r
        for r in found.readings
    ]
    return replace(found, readings=tuple(readings))


def test_a_secret_is_allowed_by_itself_and_the_pull_by_the_policy_of_aws():
    found = todo("execution_role_denied", refused(denials.LOGIN, denials.READ))
    assert commands(found) == ["iam attach-role-policy", "iam put-role-policy", "ecs update-service"]
    managed = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
    assert given(found, "attach-role-policy", "--policy-arn") == managed
    [statement] = given(found, "put-role-policy", "--policy-document")["Statement"]
    assert statement == {"Effect": "Allow", "Action": [denials.READ], "Resource": [CLIENT]}
    assert given(found, "put-role-policy", "--role-name") == "execution"


@pytest.mark.parametrize("partition", ["aws-cn", "aws-us-gov"])
def test_the_policy_is_that_of_the_partition(partition):
    evidence = refused(denials.LOGIN)
    service = evidence.service["serviceArn"].replace("arn:aws:", f"arn:{partition}:", 1)
    readings = tuple(
        replace(r, data=r.data | {"serviceArn": service}) if r.request.kind == "service" else r
        for r in evidence.readings
    )
    found = todo("execution_role_denied", replace(evidence, readings=readings))
    assert given(found, "attach-role-policy", "--policy-arn").startswith(f"arn:{partition}:iam::aws:policy/")


LIMITS = {
    "a statement": ({"decision": "explicitDeny", "DeniedBy": ["no-secrets"]}, "`no-secrets`", "list-role-policies"),
    "a boundary": ({"RefusedByBoundary": True}, "boundary", "get-role"),
    "the organization": ({"RefusedByOrganization": True}, "SCP", "update-service"),
}


@pytest.mark.parametrize(("told", "word", "operation"), LIMITS.values(), ids=LIMITS)
def test_what_no_policy_lifts_is_told_apart(told, word, operation):
    found = todo("execution_role_denied", refused(denials.READ, **told))
    assert word in found[0].text
    assert "has to decide" in found[0].text
    assert f"`{denials.READ}`" in found[0].text
    assert any(operation in command for command in commands(found))
    assert "iam put-role-policy" not in commands(found)


def test_without_a_role_one_is_made_named_and_deployed():
    evidence = denials.failing(executionRoleArn=None, requiresCompatibilities=["FARGATE"])
    found = todo("execution_role_denied", evidence)
    role = ["iam create-role", "iam attach-role-policy", "iam put-role-policy"]
    assert commands(found) == [*role, "ecs register-task-definition", "ecs update-service"]
    assert any(f"role/{made.FAMILY}-execution" in step.text for step in found)


def test_trust_is_added_to_what_is_trusted_now():
    evidence = trusts.starting(trusts.role(document=trusts.trust("lambda.amazonaws.com")))
    found = todo("execution_role_unassumable", evidence)
    document = given(found, "update-assume-role-policy", "--policy-document")
    services = [statement["Principal"]["Service"] for statement in document["Statement"]]
    assert services == ["lambda.amazonaws.com", "ecs-tasks.amazonaws.com"]
    assert "replaces the whole document" in found[0].text


def test_a_document_that_denies_is_replaced():
    evidence = trusts.starting(trusts.role(document=trusts.trust(Effect="Deny")))
    found = todo("execution_role_unassumable", evidence)
    [statement] = given(found, "update-assume-role-policy", "--policy-document")["Statement"]
    assert statement["Effect"] == "Allow"


def test_a_role_that_is_not_there_is_made_under_its_name_and_path():
    found = todo("execution_role_unassumable", trusts.starting(lost=[trusts.absent()]))
    assert commands(found)[:3] == ["iam list-roles", "iam create-role", "iam attach-role-policy"]
    assert given(found, "create-role", "--path") == "/app/"
    assert given(found, "create-role", "--role-name") == "execution"


def test_a_role_of_another_path_is_named_as_iam_has_it():
    there = f"arn:aws:iam::{made.ACCOUNT}:role/execution"
    found = todo("execution_role_unassumable", trusts.starting(trusts.role(found=there)))
    assert f"`{trusts.ROLE}` → `{there}`" in found[0].text
    assert commands(found) == ["ecs register-task-definition", "ecs update-service"]


def test_the_secret_that_lacks_a_key_is_the_one_that_is_asked_for_it():
    said = f"{FROM_ASM}retrieved secret from Secrets Manager did not contain json key api_key"
    found = todo("task_start_failed", starting(said, ("A", f"{CLIENT}:api_key::"), ("B", f"{OTHER}:id::")))
    assert given(found, "put-secret-value", "--secret-id") == CLIENT
    assert OTHER not in str(found)
    assert "`api_key`" in found[0].text


def test_where_several_secrets_fit_all_are_listed():
    said = f"{FROM_ASM}invalid character 'p' in literal true (expecting 'r')"
    found = todo("task_start_failed", starting(said, ("A", f"{CLIENT}:a::"), ("B", f"{OTHER}:b::"), ("C", OTHER)))
    assert f"`{CLIENT}`, `{OTHER}`" in found[0].text
    assert [step.command.count("file://secret-") for step in found if "put-secret-value" in step.command] == [1, 1]


def test_a_pinned_version_is_said_to_be_in_the_way():
    said = f"{FROM_ASM}retrieved secret from Secrets Manager did not contain json key id"
    found = todo("task_start_failed", starting(said, ("A", f"{CLIENT}:id::0a1b2c3d")))
    assert any("pins a version" in step.text and "`0a1b2c3d`" in step.text for step in found)


def test_a_parameter_is_looked_for_by_the_end_of_its_name():
    said = f"{FROM_SSM}invalid ssm parameters: /app/url"
    found = todo("task_start_failed", starting(said, ("URL", "/app/url"), ("KEY", "/app/key")))
    assert given(found, "describe-parameters", "--parameter-filters") == "Key=Name,Option=Contains,Values=url"
    assert "/app/key" not in str(found)


NAMELESS = f"arn:aws:secretsmanager:{made.REGION}:{made.ACCOUNT}:secret:plain"
WHO = (
    f"AccessDeniedException: User: arn:aws:sts::{made.ACCOUNT}:assumed-role/execution/1 is not authorized to perform: "
)
ACCESS = {
    "a secret": (f"{FROM_ASM}{WHO}secretsmanager:GetSecretValue on resource: {CLIENT}", CLIENT, CLIENT),
    "a name": (f"{FROM_ASM}{WHO}secretsmanager:GetSecretValue on resource: {NAMELESS}", NAMELESS, f"{NAMELESS}-??????"),
    "a parameter": (
        f"{FROM_SSM}{WHO}ssm:GetParameters on resource: arn:aws:ssm:{made.REGION}:{made.ACCOUNT}:parameter/app/url",
        "/app/url",
        f"arn:aws:ssm:{made.REGION}:{made.ACCOUNT}:parameter/app/url",
    ),
}


@pytest.mark.parametrize(("said", "value", "resource"), ACCESS.values(), ids=ACCESS)
def test_the_permission_is_for_what_the_message_names(said, value, resource):
    found = todo("task_start_failed", starting(said, ("IT", value), ("OTHER", f"{OTHER}:a::")))
    [statement] = given(found, "put-role-policy", "--policy-document")["Statement"]
    assert statement["Resource"] == [resource]


def test_a_key_may_be_used_through_its_service_alone():
    refusal = "AccessDeniedException: Access to KMS is not allowed"
    said = f"{FROM_ASM}failed to fetch secret {CLIENT} from secrets manager: {refusal}"
    found = todo("task_start_failed", starting(said, ("IT", CLIENT)))
    [statement] = given(found, "put-role-policy", "--policy-document")["Statement"]
    assert statement["Action"] == "kms:Decrypt"
    via = f"secretsmanager.{made.REGION}.amazonaws.com"
    assert statement["Condition"] == {"StringEquals": {"kms:ViaService": via}}


def test_an_explicit_denial_asks_for_no_policy():
    said = f"{ACCESS['a secret'][0]} with an explicit deny in an identity-based policy"
    found = todo("task_start_failed", starting(said, ("IT", CLIENT)))
    assert "iam put-role-policy" not in commands(found)


def test_an_ended_deployment_is_deployed_again_unless_a_new_revision_is():
    ended = {"rolloutState": "FAILED", "failedTasks": 2}
    absent = starting("", ("URL", "/app/url"))
    wrong = starting("", ("URL", "/app//url"))
    for evidence, last in ((absent, f"{made.FAMILY}:3"), (wrong, made.FAMILY)):
        described = made.service(made.deployment(3, 10, **ended))
        lost = made.reading("parameter", [], names="/app/url", region=made.REGION)
        readings = [replace(r, data=described) if r.request.kind == "service" else r for r in evidence.readings]
        found = todo("secret_absent", replace(evidence, readings=(*readings, lost)))
        assert given(found, "update-service", "--task-definition") == last
        assert commands(found).count("ecs update-service") == 1


def test_a_log_group_is_made_or_the_role_let_make_it():
    absent = todo(
        "task_start_failed", starting(f"{LOGGING}ResourceNotFoundException: The specified log group does not exist.")
    )
    assert given(absent, "create-log-group", "--log-group-name") == made.LOG_GROUP
    denied = todo("task_start_failed", starting(f"{LOGGING}{WHO}logs:CreateLogGroup on resource: arn:aws:logs"))
    [statement] = given(denied, "put-role-policy", "--policy-document")["Statement"]
    assert statement["Action"] == ["logs:CreateLogGroup"]
    assert statement["Resource"][0].endswith(f":log-group:{made.LOG_GROUP}:*")


FORBIDDEN = "CannotPullContainerError: failed to resolve ref {}: unexpected status from HEAD request: 403 Forbidden"
REGISTRIES = {
    "one's own": (
        made.image(made.COMMIT),
        {"iam attach-role-policy", "ecr get-repository-policy", "ecs update-service"},
    ),
    "a registry that is no ECR": ("registry.example.com/app:1", {"ecs update-service"}),
}


@pytest.mark.parametrize(("image", "expected"), REGISTRIES.values(), ids=REGISTRIES)
def test_only_what_fits_the_registry_is_told(image, expected):
    found = todo("task_start_failed", starting(FORBIDDEN.format(image), image=image))
    assert set(commands(found)) == expected


def test_the_owner_of_the_repository_allows_this_account():
    found = todo("task_start_failed", starting(FORBIDDEN.format(denials.FOREIGN), image=denials.FOREIGN))
    assert given(found, "set-repository-policy", "--registry-id") == denials.THEIRS
    [statement] = given(found, "set-repository-policy", "--policy-text")["Statement"]
    assert statement["Principal"] == {"AWS": f"arn:aws:iam::{made.ACCOUNT}:root"}
    copy = denials.FOREIGN.replace(denials.THEIRS, made.ACCOUNT)
    assert any(f"docker push {copy}" in step.command for step in found)
    assert "attach-role-policy" not in str(found)


NO_ROOM = "(service web) was unable to place a task. Reason: Capacity is unavailable at this time."


def full(*subnets: dict[str, str], strategy: tuple[str, ...] = ()) -> Evidence:
    network = {
        "awsvpcConfiguration": {"subnets": ["subnet-a"], "securityGroups": ["sg-1"], "assignPublicIp": "DISABLED"}
    }
    providers = [{"capacityProvider": name, "weight": 1} for name in strategy]
    described = made.service(
        made.deployment(3, 10, networkConfiguration=network),
        events=[made.event(1, NO_ROOM)],
        capacityProviderStrategy=providers,
    )
    routes = [{"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1", "State": "active"}]
    out = {"RouteTableId": "rtb-1", "VpcId": "vpc-1", "Associations": [{"Main": True}], "Routes": routes}
    shut = {"RouteTableId": "rtb-2", "VpcId": "vpc-1", "Associations": [{"SubnetId": "subnet-shut"}], "Routes": []}
    found = made.guide(described=described, tasks=[])
    more = (made.reading("subnets", list(subnets), vpc="vpc-1"), made.reading("route_tables", [out, shut], vpc="vpc-1"))
    return replace(found, readings=(*found.readings, *(more if subnets else ())))


def subnet(name: str, zone: str) -> dict[str, str]:
    return {"SubnetId": name, "VpcId": "vpc-1", "AvailabilityZone": zone}


def test_a_subnet_of_another_zone_with_the_same_way_out_is_added():
    several = [("subnet-a", "a"), ("subnet-a2", "a"), ("subnet-c", "c"), ("subnet-shut", "d")]
    found = todo("task_start_failed", full(*(subnet(*each) for each in several)))
    network = given(found, "update-service", "--network-configuration")
    assert network == "awsvpcConfiguration={subnets=[subnet-a,subnet-c],securityGroups=[sg-1],assignPublicIp=DISABLED}"
    assert "`a`" in found[1].text
    assert "`c`" in found[1].text


def test_without_one_its_id_is_left_to_a_person():
    for evidence in (full(subnet("subnet-a", "a")), full()):
        found = todo("task_start_failed", evidence)
        assert "subnets=[subnet-a,SUBNET_ID]" in given(found, "update-service", "--network-configuration")
        assert "`SUBNET_ID`" in found[1].text


def test_spot_alone_gets_on_demand_beside_it_and_nobody_else_is_told():
    assert "FARGATE_SPOT" not in str(todo("task_start_failed", full()))
    [*_, last] = todo("task_start_failed", full(strategy=("FARGATE_SPOT",)))
    assert "capacityProvider=FARGATE,weight=1" in argv(last)
