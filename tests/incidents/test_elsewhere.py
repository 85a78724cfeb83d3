"""What things are called, and where they are, decides nothing: the same incident elsewhere has the same verdicts."""

import json
from functools import cache

import pytest

from runbook_lib import lab as labs
from runbook_lib.diagnosis.engine import judge
from runbook_lib.evidence.serialisation import dumps
from tests.incidents.renaming import Elsewhere, Move

# All tests that play the scenarios once share a process, so that once is once.
pytestmark = pytest.mark.xdist_group("incidents")

# Names that AWS allows and that words of messages, of paths and of our own catalogue look like.
ELSEWHERE = {
    "China": Elsewhere(
        cluster="default",
        service="latest",
        family="health",
        container="app",
        repository="team/awslogs-router",
        target_group="unhealthy",
        balancer="internal",
        log_group="/aws/ecs/error#1",
        role="ecsTaskExecutionRole",
        secret="prod/throttled",
        region="cn-north-1",
        account="998877665544",
        port="9123",
        partition="aws-cn",
        suffix="amazonaws.com.cn",
    ),
    "GovCloud": Elsewhere(
        cluster="call",
        service="call",
        family="call",
        container="ecs",
        repository="stunnel",
        target_group="failed",
        balancer="denied",
        log_group="secretsmanager",
        role="role,service=role",
        secret="rds!cluster-0a1b2c3d",
        region="us-gov-west-1",
        account="000000000001",
        port="65535",
        partition="aws-us-gov",
    ),
    "Europe's own cloud": Elsewhere(
        cluster="oom-killed",
        service="steady-state",
        family="RESOURCE_MEMORY",
        container="403-forbidden",
        repository="a/b/c.d_e/not-found",
        target_group="target-group",
        balancer="timed-out",
        log_group="logs",
        role="unauthorized",
        secret="secret",
        region="eusc-de-east-1",
        account="111122223333",
        port="81",
        partition="aws-eusc",
        suffix="amazonaws.eu",
    ),
}
everywhere = pytest.mark.parametrize("place", ELSEWHERE)
every_scenario = pytest.mark.parametrize("scenario", labs.names())


@pytest.fixture(scope="session")
def elsewhere(played):
    """The move of a scenario's evidence, and the diagnosis there; judged once for all that is asked of it."""

    @cache
    def of(scenario, place):
        move = Move(played(scenario).evidence, ELSEWHERE[place])
        return move, judge(move.evidence)

    return of


def told(diagnosis):
    """The verdicts in their order, without facts."""
    return [(v.rule, v.outcome, v.label, v.confidence, v.explained_by) for v in diagnosis.verdicts]


@every_scenario
@everywhere
def test_the_same_incident_elsewhere_has_the_same_verdicts(played, elsewhere, scenario, place):
    here, (_, there) = played(scenario).diagnosis, elsewhere(scenario, place)
    assert (told(there), there.state) == (told(here), here.state)
    assert [v.rule for v in there.failed("cause")] == [v.rule for v in here.failed("cause")]


@every_scenario
@everywhere
def test_its_facts_are_the_same_but_for_the_names(played, elsewhere, scenario, place):
    here, (move, there) = played(scenario).diagnosis, elsewhere(scenario, place)
    for old, new in zip(here.verdicts, there.verdicts, strict=True):
        assert move.fits(dict(old.facts), dict(new.facts)), old.rule
        assert move.fits([c.field for c in old.cites], [c.field for c in new.cites]), old.rule


@pytest.mark.parametrize("scenario", ["guide", "arm-image-index", "registry-forbidden", "stacked-faults"])
def test_no_old_name_is_left(elsewhere, scenario):
    move, _ = elsewhere(scenario, "China")
    left = json.dumps(json.loads(dumps(move.evidence)))
    old = {name for names in move.names.values() for name in names if "-" in name}
    assert old
    assert not [name for name in (*old, "ap-northeast-2", "123456789012", "arn:aws:") if name in left]


# Played from the beginning under other names: readings, wants and deeper looks find their way too.
PLAYED = {
    "a platform": {
        "extends": "arm-image-index",
        "cluster": "default",
        "service": "awslogs",
        "region": "ap-northeast-3",
    },
    "a secret": {"extends": "secret-not-json", "cluster": "error", "service": "latest", "region": "sa-east-1"},
    "a role": {"extends": "stacked-faults-role", "service": "call", "region": "ca-west-1"},
    "a network": {"extends": "stacked-faults", "cluster": "web", "service": "web", "region": "us-east-1"},
    "a path": {"extends": "bad-build-rolled-back", "cluster": "unhealthy", "service": "health", "region": "ap-east-1"},
    "the guide": {"extends": "guide", "region": "me-central-1"},
}


@pytest.mark.parametrize("file", PLAYED.values(), ids=PLAYED)
def test_a_scenario_played_elsewhere_has_the_same_causes(played, expected, tmp_path, file):
    path = tmp_path / "elsewhere.yaml"
    path.write_text(json.dumps(file), encoding="utf-8")
    found = played(path)
    assert found.evidence.target.region == file["region"]
    assert [v.label for v in found.diagnosis.failed("cause")] == expected[file["extends"]]
