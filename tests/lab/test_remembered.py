"""A scenario's account is made once a process: the next lab gets the same, whatever was done to the first."""

from itertools import count
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.lab.conftest import Bench

START = "2026-11-23T09:00:00Z"
SEEDS = count(770_000)  # of no other test, so that the first lab of each is the one that makes its account
POLICY = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}'
ASKED = (
    ("ec2", "describe_vpcs", {}),
    ("ec2", "describe_subnets", {}),
    ("ec2", "describe_route_tables", {}),
    ("ec2", "describe_security_groups", {}),
    ("ec2", "describe_network_acls", {}),
    ("iam", "get_account_authorization_details", {}),
    ("logs", "describe_log_groups", {}),
    ("secretsmanager", "list_secrets", {}),
    ("elbv2", "describe_load_balancers", {}),
    ("elbv2", "describe_target_groups", {}),
    ("ecr", "describe_repositories", {}),
    ("ssm", "describe_parameters", {}),
)


def answers(bench: Bench) -> list[Any]:
    """What each service tells of the account."""
    told = [getattr(bench.client(service), method)(**given) for service, method, given in ASKED]
    for repository in told[-2]["repositories"]:
        told.append(bench.client("ecr").describe_images(repositoryName=repository["repositoryName"]))
    return [{name: value for name, value in each.items() if name != "ResponseMetadata"} for each in told]


@pytest.mark.parametrize("scenario", ["guide", "arm-image-index", "stacked-faults-role", "secret-not-json"])
def test_the_next_lab_has_the_same_account(tmp_path: Path, scenario: str) -> None:
    seed = next(SEEDS)
    told = []
    for number in range(2):
        with Bench(scenario, tmp_path / str(number), seed=seed, start=START) as bench:
            told.append(answers(bench))
    assert told[0] == told[1]


def test_what_one_lab_changes_is_not_in_the_next(tmp_path: Path) -> None:
    seed = next(SEEDS)
    for number in range(2):
        with Bench("guide", tmp_path / str(number), seed=seed) as bench:
            iam = bench.client("iam")
            names = [role["RoleName"] for role in iam.list_roles()["Roles"]]
            iam.put_role_policy(RoleName=names[0], PolicyName=f"of-{number}", PolicyDocument=POLICY)
            assert f"of-{1 - number}" not in iam.list_role_policies(RoleName=names[0])["PolicyNames"]
            bench.client("elbv2").delete_load_balancer(
                LoadBalancerArn=bench.client("elbv2").describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
            )


def test_labs_that_run_at_once_have_accounts_of_their_own(tmp_path: Path) -> None:
    seed = next(SEEDS)
    with Bench("guide", tmp_path / "a", seed=seed) as first, Bench("guide", tmp_path / "b", seed=seed) as second:
        assert first.lab.account != second.lab.account
        assert first.group() != second.group()
        with pytest.raises(ClientError, match="not found"):
            second.client("elbv2").describe_target_groups(TargetGroupArns=[first.group()])


def test_images_are_as_old_as_the_scenario_says_in_each_lab(tmp_path: Path) -> None:
    seed = next(SEEDS)
    ages = []
    for start in ("2026-11-23T09:00:00Z", "2026-01-05T09:00:00Z"):
        with Bench("guide", tmp_path / start[:7], seed=seed, start=start) as bench:
            found = bench.client("ecr").describe_repositories()["repositories"][0]["repositoryName"]
            images = bench.client("ecr").describe_images(repositoryName=found)["imageDetails"]
            ages.append(sorted(bench.lab.now - image["imagePushedAt"].timestamp() for image in images))
    assert ages[0] == pytest.approx(ages[1])


def test_what_one_lab_broke_is_whole_for_the_tasks_of_the_next(tmp_path: Path) -> None:
    seed = next(SEEDS)
    for number in range(2):
        with Bench("healthy", tmp_path / str(number), seed=seed) as bench:
            role = bench.client("iam").list_roles()["Roles"][0]["RoleName"]
            bench.update(forceNewDeployment=True)
            assert bench.play_until(bench.completed)
            for policy in bench.client("iam").list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
                bench.client("iam").detach_role_policy(RoleName=role, PolicyArn=policy["PolicyArn"])
            bench.update(forceNewDeployment=True)
            bench.lab.advance(300)
            assert any("ecr:GetAuthorizationToken" in task["stoppedReason"] for task in bench.tasks(status="STOPPED"))
