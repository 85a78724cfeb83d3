"""What roles may do, from roles and policies that clients make over the IAM API."""

import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from runbook_lib.lab.embedded import moto_application
from runbook_lib.lab.roles import Roles, repository_allows, repository_forbids
from runbook_lib.lab.transport import Clients
from tests.lab.conftest import Bench

ACCOUNT = "123456789012"
SECRET = f"arn:aws:secretsmanager:ap-northeast-2:{ACCOUNT}:secret:prod/db-AbCdEf"
EXECUTION = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
Statement = dict[str, Any]


def statement(**members: Any) -> Statement:
    return {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*", **members}


def trusting(**members: Any) -> Statement:
    return {
        "Effect": "Allow",
        "Principal": {"Service": "ecs-tasks.amazonaws.com"},
        "Action": "sts:AssumeRole",
        **members,
    }


def document(*statements: Statement, version: str = "2012-10-17") -> str:
    return json.dumps({"Version": version, "Statement": list(statements)})


class Account:
    """An account whose roles a test makes."""

    def __init__(self, bench: Bench) -> None:
        self.iam = bench.client("iam")
        self.number: str = bench.lab.account
        self._bench = bench
        self._names = (f"role-{number}" for number in itertools.count())

    def role(self, *statements: Statement, trust: Statement | None = None, **settings: Any) -> str:
        """Make a role with one inline policy of these statements, if there are any; return its ARN."""
        name = f"{next(self._names)}-{len(self.iam.list_roles()['Roles'])}"
        trusted = document(trust or trusting())
        made = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusted, **settings)["Role"]["Arn"]
        if statements:
            self.iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document(*statements))
        return str(made)

    def policy(self, *statements: Statement) -> str:
        """Make a managed policy; return its ARN."""
        name = f"policy-{len(self.iam.list_policies(Scope='Local')['Policies'])}"
        return str(self.iam.create_policy(PolicyName=name, PolicyDocument=document(*statements))["Policy"]["Arn"])

    @property
    def roles(self) -> Roles:
        """The roles as the lab asks for them, with its own clients."""
        return Roles(self.inner, self.number, self._bench.lab.region)

    def inner(self, service: str) -> Any:
        """Return the lab's own client of a service."""
        return Clients(moto_application()).get(service, self.number, self._bench.lab.region)

    def refuses(self, role: str, action: str = "secretsmanager:GetSecretValue", resource: str = SECRET) -> str:
        """Return why a role is refused an action, the caller left out; empty where it is allowed."""
        denial = self.roles.denial(role, "task", action, resource)
        return denial.partition(" because ")[2] or denial.partition(" with ")[2] if denial else ""


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    with Bench("healthy", tmp_path_factory.mktemp("roles")) as made:
        yield Account(made)


def of(**condition: Any) -> Statement:
    """A condition: operator and key with its value."""
    return {"Condition": {operator: dict([pair]) for operator, pair in condition.items()}}


TRUSTS: dict[str, tuple[Statement, bool]] = {
    "tasks": (trusting(), True),
    "among others": (trusting(Principal={"Service": ["ec2.amazonaws.com", "ecs-tasks.amazonaws.com"]}), True),
    "another service": (trusting(Principal={"Service": "ecs.amazonaws.com"}), False),
    "an account": (trusting(Principal={"AWS": "*"}), False),
    "another action": (trusting(Action="sts:TagSession"), False),
    "denied": (trusting(Effect="Deny"), False),
    "this account": (trusting(**of(StringEquals=("aws:SourceAccount", ACCOUNT))), True),
    "another account": (trusting(**of(StringEquals=("aws:SourceAccount", "210987654321"))), False),
    "tasks of the Region": (
        trusting(**of(ArnLike=("aws:SourceArn", f"arn:aws:ecs:ap-northeast-2:{ACCOUNT}:*"))),
        True,
    ),
    "tasks of another Region": (trusting(**of(ArnLike=("aws:SourceArn", f"arn:aws:ecs:us-east-1:{ACCOUNT}:*"))), False),
    "what is not evaluated": (trusting(**of(StringEquals=("aws:PrincipalOrgID", "o-1"))), False),
}


@pytest.mark.parametrize("case", TRUSTS)
def test_a_role_is_assumed_where_its_trust_policy_says_so(account: Account, case: str) -> None:
    trust, assumable = TRUSTS[case]
    text = json.dumps(trust).replace(ACCOUNT, account.number)
    assert account.roles.assumable(account.role(trust=json.loads(text))) is assumable


def test_a_role_of_another_path_or_account_or_none_is_not_assumed(account: Account) -> None:
    arn = account.role(Path="/apps/")
    assert account.roles.assumable(arn)
    for wrong in (arn.replace("/apps/", "/"), arn.replace(account.number, "210987654321"), f"{arn}x", "role"):
        assert not account.roles.assumable(wrong)


NOTHING = "no identity-based policy allows the secretsmanager:GetSecretValue action"
DENY = "an explicit deny in an identity-based policy"
POLICIES: dict[str, tuple[list[Statement], str]] = {
    "no policy": ([], NOTHING),
    "allowed": ([statement()], ""),
    "allowed by pattern": ([statement(Action="secretsmanager:Get*", Resource=SECRET[:-6] + "??????")], ""),
    "another action": ([statement(Action="ssm:GetParameters")], NOTHING),
    "another secret": ([statement(Resource=SECRET.replace("prod", "test"))], NOTHING),
    "denied too": ([statement(), statement(Effect="Deny", Resource=SECRET)], DENY),
    "denied elsewhere": ([statement(), statement(Effect="Deny", Resource=SECRET.replace("prod", "test"))], ""),
    "Region as wanted": ([statement(**of(StringEquals=("aws:RequestedRegion", "ap-northeast-2")))], ""),
    "another Region": ([statement(**of(StringNotEquals=("aws:RequestedRegion", "ap-northeast-2")))], NOTHING),
    "over TLS": ([statement(), statement(Effect="Deny", **of(Bool=("aws:SecureTransport", "false")))], ""),
    "a key that calls of tasks lack": ([statement(**of(StringEquals=("aws:SourceAccount", ACCOUNT)))], NOTHING),
    "the same, if it exists": ([statement(**of(StringEqualsIfExists=("aws:SourceAccount", "1")))], ""),
    "allowed by what is not evaluated": (
        [statement(**of(StringEquals=("secretsmanager:ResourceTag/team", "a")))],
        NOTHING,
    ),
    "denied by what is not evaluated": (
        [statement(), statement(Effect="Deny", **of(StringNotEquals=("aws:sourceVpce", "vpce-1")))],
        DENY,
    ),
    "allowed by a variable": ([statement(Resource=SECRET.replace("prod", "${aws:PrincipalTag/team}"))], NOTHING),
    "denied by a variable": (
        [statement(), statement(Effect="Deny", Resource=SECRET.replace("prod", "${aws:PrincipalTag/team}"))],
        DENY,
    ),
}


@pytest.mark.parametrize("case", POLICIES)
def test_inline_policies_are_evaluated(account: Account, case: str) -> None:
    statements, refused = POLICIES[case]
    assert account.refuses(account.role(*statements)) == refused


def test_a_denial_is_worded_as_aws_does(account: Account) -> None:
    arn = account.role(Path="/apps/")
    name = arn.rpartition("/")[2]
    assert account.roles.denial(arn, "0123456789abcdef", "ecr:GetAuthorizationToken", "*") == (
        f"User: arn:aws:sts::{account.number}:assumed-role/{name}/0123456789abcdef is not authorized to perform: "
        "ecr:GetAuthorizationToken on resource: * because no identity-based policy allows the "
        "ecr:GetAuthorizationToken action"
    )


def test_attached_policies_count_in_their_default_version(account: Account) -> None:
    role, policy = account.role(), account.policy(statement())
    account.iam.attach_role_policy(RoleName=role.rpartition("/")[2], PolicyArn=policy)
    assert account.refuses(role) == ""
    newer = document(statement(Action="ssm:GetParameters"))
    account.iam.create_policy_version(PolicyArn=policy, PolicyDocument=newer, SetAsDefault=True)
    assert account.refuses(role) == NOTHING


def test_inline_and_attached_policies_count_together(account: Account) -> None:
    role = account.role(statement())
    deny = account.policy(statement(Effect="Deny", Action="*"))
    account.iam.attach_role_policy(RoleName=role.rpartition("/")[2], PolicyArn=deny)
    assert account.refuses(role) == DENY


def test_a_role_stays_within_its_boundary(account: Account) -> None:
    narrow = account.policy(statement(Action="ssm:*"))
    shut = account.policy(statement(Action="*"), statement(Effect="Deny"))
    wide = account.policy(statement(Action="*"))
    refused = [account.refuses(account.role(statement(), PermissionsBoundary=each)) for each in (narrow, shut, wide)]
    assert refused == [
        "no permissions boundary allows the secretsmanager:GetSecretValue action",
        "an explicit deny in a permissions boundary",
        "",
    ]
    assert account.refuses(account.role(PermissionsBoundary=wide)) == NOTHING


def test_what_is_read_of_a_role_is_read_once(account: Account) -> None:
    role, roles = account.role(), account.roles
    assert roles.assumable(role)
    account.iam.put_role_policy(
        RoleName=role.rpartition("/")[2], PolicyName="own", PolicyDocument=document(statement())
    )
    assert roles.denial(role, "task", "secretsmanager:GetSecretValue", SECRET)
    assert not account.roles.denial(role, "task", "secretsmanager:GetSecretValue", SECRET)


def test_the_policy_for_execution_roles_can_be_attached_and_suffices(account: Account) -> None:
    role = account.role()
    name = role.rpartition("/")[2]
    assert account.refuses(role, "ecr:GetAuthorizationToken", "*")
    account.iam.attach_role_policy(RoleName=name, PolicyArn=EXECUTION)
    assert [
        each["PolicyArn"] for each in account.iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    ] == [EXECUTION]
    assert not account.refuses(role, "ecr:GetAuthorizationToken", "*")
    assert not account.refuses(
        role, "logs:CreateLogStream", f"arn:aws:logs:ap-northeast-2:{account.number}:log-group:a"
    )
    assert account.refuses(role) == NOTHING


def test_managed_policies_of_aws_become_known_when_they_are_named(account: Account) -> None:
    read_only = "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly"
    assert account.iam.get_policy(PolicyArn=read_only)["Policy"]["PolicyName"] == "AmazonEC2ContainerRegistryReadOnly"
    for wrong in (EXECUTION.replace("service-role/", ""), "arn:aws:iam::aws:policy/NoSuchPolicy"):
        with pytest.raises(ClientError, match="NoSuchEntity"):
            account.iam.attach_role_policy(RoleName=account.role().rpartition("/")[2], PolicyArn=wrong)


def test_aws_own_policies_are_listed_unless_only_local_ones_are_wanted(account: Account) -> None:
    own = account.policy(statement())
    assert own in [each["Arn"] for each in account.iam.list_policies(Scope="Local")["Policies"]]
    listed = account.iam.list_policies(Scope="AWS", MaxItems=2)
    assert [each["Arn"].startswith("arn:aws:iam::aws:policy/") for each in listed["Policies"]] == [True, True]


ROLE = "arn:aws:iam::210987654321:role/execution"
PULL = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability"]


def sharing(principal: Any, **members: Any) -> Statement:
    return {"Effect": "Allow", "Principal": principal, "Action": PULL, **members}


REPOSITORIES: dict[str, tuple[list[Statement], bool]] = {
    "the account's number": ([sharing({"AWS": "210987654321"})], True),
    "the account's root": ([sharing({"AWS": "arn:aws:iam::210987654321:root"})], True),
    "the role among others": ([sharing({"AWS": ["arn:aws:iam::111122223333:root", ROLE]})], True),
    "everybody": ([sharing("*")], True),
    "everybody as AWS": ([sharing({"AWS": "*"})], True),
    "another account": ([sharing({"AWS": "111122223333"})], False),
    "another role": ([sharing({"AWS": ROLE + "-2"})], False),
    "a service": ([sharing({"Service": "codebuild.amazonaws.com"})], False),
    "no layers": ([sharing({"AWS": ROLE}, Action="ecr:BatchGetImage")], False),
    "layers in a statement of their own": (
        [sharing({"AWS": ROLE}, Action=PULL[:1]), sharing("*", Action="ecr:Get*")],
        True,
    ),
    "its organization, which is not evaluated": (
        [sharing("*", **of(StringEquals=("aws:PrincipalOrgID", "o-1")))],
        False,
    ),
    "by its ARN": ([sharing("*", **of(ArnLike=("aws:PrincipalArn", "arn:aws:iam::*:role/exec*")))], True),
    "denied": ([sharing("*"), sharing({"AWS": ROLE}, Effect="Deny", Action="ecr:*")], False),
}


@pytest.mark.parametrize("case", REPOSITORIES)
@pytest.mark.parametrize("version", ["2012-10-17", "2008-10-17"])
def test_a_repositorys_policy_lets_roles_of_other_accounts_pull(case: str, version: str) -> None:
    statements, allowed = REPOSITORIES[case]
    text = document(*statements, version=version)
    assert repository_allows(text, ROLE, "210987654321") is allowed
    assert repository_forbids(text, ROLE, "210987654321") is (case == "denied")


def test_a_repository_without_a_policy_lets_no_other_account_pull() -> None:
    assert not repository_allows(None, ROLE, "210987654321")
    assert not repository_forbids(None, ROLE, "210987654321")


@pytest.mark.parametrize("text", ['"Statement"', '{"Statement": ["x"]}', '{"Statement": {"Principal": "*"}}', "[]"])
def test_a_policy_that_cannot_be_read_allows_nothing(text: str) -> None:
    assert not repository_allows(text, ROLE, "210987654321")


def test_boto3_is_as_good_a_client(account: Account) -> None:
    roles = Roles(account._bench.client, account.number, account._bench.lab.region)
    role = account.role(statement())
    assert roles.assumable(role)
    assert not roles.denial(role, "task", "secretsmanager:GetSecretValue", SECRET)


def test_every_page_of_policies_counts(account: Account) -> None:
    role, iam = account.role(), account.inner("iam")
    name = role.rpartition("/")[2]
    for number in range(101):
        told = document(statement(Action="ssm:*" if number < 100 else "secretsmanager:*"))
        iam.put_role_policy(RoleName=name, PolicyName=f"policy-{number:03}", PolicyDocument=told)
    assert not account.refuses(role)


def test_the_policy_that_ecr_gives_back_can_be_read(account: Account) -> None:
    ecr = account._bench.client("ecr")
    ecr.create_repository(repositoryName="shared")
    ecr.set_repository_policy(repositoryName="shared", policyText=document(sharing({"AWS": "210987654321"})))
    text = ecr.get_repository_policy(repositoryName="shared")["policyText"]
    assert repository_allows(text, ROLE, "210987654321")
