"""A secret or parameter that is not there is told by AWS's answer for its name, and only where tasks do not start."""

import pytest

from runbook_lib.diagnosis.engine import wanted
from tests.diagnosis.builder import ACCOUNT, REGION, container, guide, healthy, reading, unread, without
from tests.diagnosis.rules.verdicts import FAIL, NOT_APPLICABLE, PASS, UNKNOWN, facts, verdict
from tests.diagnosis.starting import failing, got_over, not_yet

RULE = "secret_absent"
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:db-Ab12Cd"
PARAMETER = f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/app/prod/key"
CURRENT = {"VersionIdsToStages": {"11111111-aaaa": ["AWSCURRENT"], "00000000-aaaa": ["AWSPREVIOUS"]}}


def given(*values, **changes):
    named = [{"name": f"V{number}", "valueFrom": value} for number, value in enumerate(values)]
    return container(secrets=named, **changes)


def secret(found=None, arn=SECRET, region=REGION):
    data = {"Name": "db", "ARN": arn, **(CURRENT if found is None else found)}
    return reading("secret", data, id=arn, region=region)


def no_secret(arn=SECRET):
    return reading("secret", {}, id=arn, region=REGION)


def parameters(*names, asked="/app/prod/key", partial=False, region=REGION):
    found = [{"Name": name, "Type": "SecureString"} for name in names]
    return reading("parameter", found, partial=partial, names=asked, region=region)


def case(value, *more):
    return failing(given(value), more=more)


EMPTY_PART = f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/app//key"
OUTCOMES = {
    "no such secret": (case(SECRET, no_secret()), FAIL),
    "no such secret, with a JSON key": (case(f"{SECRET}:password::", no_secret()), FAIL),
    "deleted": (case(SECRET, secret({"DeletedDate": "2026-12-23T00:00:00+00:00", **CURRENT})), FAIL),
    "without any value": (case(SECRET, secret({})), FAIL),
    "no such stage": (case(f"{SECRET}::AWSPENDING:", secret()), FAIL),
    "no such version": (case(f"{SECRET}:::22222222-aaaa", secret()), FAIL),
    "stage that it has": (case(f"{SECRET}::AWSPREVIOUS:", secret()), PASS),
    "version that it has": (case(f"{SECRET}:::00000000-aaaa", secret()), PASS),
    "secret there": (case(f"{SECRET}:password::", secret()), PASS),
    "no such parameter": (case(PARAMETER, parameters()), FAIL),
    "parameter there": (case(PARAMETER, parameters("/app/prod/key")), PASS),
    "parameter by its name": (case("/app/prod/key", parameters("/app/prod/key")), PASS),
    "parameter without a path": (
        case(PARAMETER.replace("/app/prod/key", "/key"), parameters("key", asked="/key,key")),
        PASS,
    ),
    "not all pages read": (case(PARAMETER, parameters(partial=True)), UNKNOWN),
    "empty part": (case(EMPTY_PART, parameters(asked="/app//key")), FAIL),
    "empty part, unread": (case("/app//key", unread("parameter", names="/app//key", region=REGION)), FAIL),
    "variable not filled in": (case("/app/<env>/key", parameters(asked="/app/<env>/key")), FAIL),
    "one of two": (failing(given(SECRET, PARAMETER), more=(secret(), parameters())), FAIL),
    "of the log driver": (
        failing(
            given(
                logConfiguration={
                    "logDriver": "splunk",
                    "secretOptions": [{"name": "splunk-token", "valueFrom": SECRET}],
                }
            ),
            more=(no_secret(),),
        ),
        FAIL,
    ),
    "of the registry": (
        failing(given(repositoryCredentials={"credentialsParameter": SECRET}), more=(no_secret(),)),
        FAIL,
    ),
    "parameter that stands for a secret": (
        case("/aws/reference/secretsmanager/db", reading("secret", {"Name": "db", **CURRENT}, id="db", region=REGION)),
        PASS,
    ),
    "refused": (case(SECRET, unread("secret", id=SECRET, region=REGION)), UNKNOWN),
    "another error": (
        case(SECRET, unread("secret", "failed", "ValidationException", id=SECRET, region=REGION)),
        UNKNOWN,
    ),
    "parameters refused": (case(PARAMETER, unread("parameter", names="/app/prod/key", region=REGION)), UNKNOWN),
    "not asked": (case(SECRET), UNKNOWN),
    "another account's parameter": (
        failing(given(SECRET, PARAMETER.replace(ACCOUNT, "210987654321")), more=(secret(),)),
        UNKNOWN,
    ),
    "AWS's own parameter": (failing(given(SECRET, "/aws/service/ami/x"), more=(secret(),)), UNKNOWN),
    "no secrets": (failing(given()), NOT_APPLICABLE),
    "image absent": (failing(given(SECRET, image=container(tag="latest")["image"]), tags=("latest",)), NOT_APPLICABLE),
    "started since": (got_over(given(SECRET), more=(no_secret(),)), PASS),
    "not tried, not asked": (not_yet(given(SECRET)), UNKNOWN),
    "not tried, seen": (not_yet(given(SECRET), more=(no_secret(),)), FAIL),
    "fine": (healthy(), PASS),
    "definition unread": (without(guide(), "task_definition"), UNKNOWN),
    "tasks unread": (without(guide(), "tasks"), UNKNOWN),
}


@pytest.mark.parametrize(("found", "outcome"), OUTCOMES.values(), ids=OUTCOMES)
def test_outcome(found, outcome):
    assert verdict(RULE, found).outcome is outcome


WRONG = {
    "no such secret": ("absent", "confirmed"),
    "deleted": ("deleted", "confirmed"),
    "without any value": ("no-version", "confirmed"),
    "no such parameter": ("absent", "confirmed"),
    "empty part": ("invalid-name", "confirmed"),
    "empty part, unread": ("invalid-name", "likely"),
}


@pytest.mark.parametrize(("name", "expected"), WRONG.items())
def test_what_is_wrong_and_how_sure(name, expected):
    found = verdict(RULE, OUTCOMES[name][0])
    assert (found.facts["wrong"], found.confidence) == expected
    assert found.label == "secret-not-found"


def test_its_facts():
    found = verdict(RULE, failing(given(f"{SECRET}:password::", PARAMETER), more=(no_secret(), parameters())))
    assert facts(found, "secret", "name", "region", "container", "revision", "others") == {
        "secret": SECRET,
        "name": "V0",
        "region": REGION,
        "container": "app",
        "revision": "momentir-cx-llm:3",
        "others": ["/app/prod/key"],
    }
    assert {cite.operation for cite in found.cites} == {
        "ecs:DescribeTaskDefinition",
        "secretsmanager:DescribeSecret",
        "ssm:DescribeParameters",
    }


def wishes(found):
    return [dict(wish.args) for wish in wanted(found) if wish.kind in ("secret", "parameter")]


def test_it_asks_for_each_secret_once_and_for_all_parameters_of_a_region_at_once():
    elsewhere = PARAMETER.replace(REGION, "eu-west-1").replace("key", "other")
    found = failing(given(f"{SECRET}:a::", f"{SECRET}:b::", PARAMETER, "/app/b", elsewhere, EMPTY_PART))
    assert wishes(found) == [
        {"id": SECRET, "region": REGION},
        {"names": "/app/b,/app/prod/key", "region": REGION},
        {"names": "/app/prod/other", "region": "eu-west-1"},
        {"names": "/app//key", "region": REGION},
    ]


def test_of_many_secrets_it_asks_first_for_those_that_ecs_mentions():
    arns = [f"{SECRET[:-7]}{number}-Ab12Cd" for number in range(10)]
    found = failing(given(*arns))
    assert len(wishes(found)) == 6
    said = failing(given(*arns))
    next(said.tasks("STOPPED"))["stoppedReason"] = f"failed to fetch secret {arns[9]}"
    assert wishes(said)[0]["id"] == arns[9]


@pytest.mark.parametrize("name", ["no secrets", "image absent", "started since", "fine"])
def test_it_asks_for_nothing_where_nothing_is_to_be_explained(name):
    assert wishes(OUTCOMES[name][0]) == []


def test_it_asks_for_nothing_that_cannot_be_told():
    assert wishes(failing(given(PARAMETER.replace(ACCOUNT, "210987654321"), "/aws/service/ami/x"))) == []
