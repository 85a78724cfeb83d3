"""Scale-in protection of tasks, and the deployments that pile up behind it."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.lab.conftest import CLUSTER, FAMILY, Bench, MakeBench


def _protect(bench: Bench, arns: list[str], enabled: bool = True, **more: Any) -> dict[str, Any]:
    return bench.ecs.update_task_protection(cluster=CLUSTER, tasks=arns, protectionEnabled=enabled, **more)


def _arns(bench: Bench) -> list[str]:
    return [task["taskArn"] for task in bench.tasks()]


def test_protection_lasts_two_hours_where_nothing_is_said(bench: MakeBench) -> None:
    played = bench()
    [arn] = _arns(played)
    made = _protect(played, [arn])
    assert made["failures"] == []
    [held] = made["protectedTasks"]
    assert (held["taskArn"], held["protectionEnabled"]) == (arn, True)
    assert held["expirationDate"].timestamp() == pytest.approx(played.lab.now + 7200, abs=1)
    played.lab.advance(7201)
    [held] = played.ecs.get_task_protection(cluster=CLUSTER, tasks=[arn])["protectedTasks"]
    assert held == {"taskArn": arn, "protectionEnabled": False}


def test_a_protected_task_outlives_scale_in_until_it_is_released(bench: MakeBench) -> None:
    played = bench()
    played.update(desiredCount=3)
    assert played.play_until(lambda: played.service()["runningCount"] == 3, 300)
    kept = _arns(played)[:2]
    _protect(played, kept, expiresInMinutes=10)
    played.update(desiredCount=0)
    played.lab.advance(300)
    assert sorted(_arns(played)) == sorted(kept)
    held = [message for message in played.messages() if message.endswith("(reason 2 tasks under protection)")]
    assert len(held) == 1
    _protect(played, kept[:1], enabled=False)
    played.lab.advance(60)
    assert _arns(played) == kept[1:]
    played.lab.advance(600)
    assert _arns(played) == []


def test_protected_tasks_pile_deployments_up(bench: MakeBench) -> None:
    played = bench()
    played.update(deploymentConfiguration={"maximumPercent": 600})
    for _ in range(4):
        _protect(played, _arns(played))
        played.update(forceNewDeployment=True)
        count = len(played.service()["deployments"])
        assert played.play_until(lambda count=count: len(_arns(played)) == count, 300)
    assert [status for status, _, _ in played.deployments()] == ["PRIMARY", *["ACTIVE"] * 4]
    with pytest.raises(ClientError, match="5 active deployments exist"):
        played.update(forceNewDeployment=True)
    _protect(played, _arns(played), enabled=False)
    assert played.play_until(played.completed, 900)


def test_a_rollout_stops_its_older_task_once_the_protection_ends(bench: MakeBench) -> None:
    played = bench()
    [old] = _arns(played)
    _protect(played, [old], expiresInMinutes=20)
    played.update(taskDefinition=f"{FAMILY}:{played.revise()}")
    played.lab.advance(900)
    assert played.deployments() == [("PRIMARY", 2, "IN_PROGRESS"), ("ACTIVE", 1, "COMPLETED")]
    assert old in _arns(played)
    assert played.play_until(played.completed, 900)
    assert old not in _arns(played)


def test_protection_does_not_keep_a_task_from_a_user(bench: MakeBench) -> None:
    played = bench()
    [arn] = _arns(played)
    _protect(played, [arn])
    played.ecs.stop_task(cluster=CLUSTER, task=arn)
    played.lab.advance(60)
    assert arn not in _arns(played)


def test_what_can_not_be_protected_is_a_failure(bench: MakeBench) -> None:
    played = bench()
    network = played.service()["networkConfiguration"]
    alone = played.ecs.run_task(cluster=CLUSTER, taskDefinition=FAMILY, networkConfiguration=network)["tasks"][0]
    absent = alone["taskArn"][:-4] + "0000"
    made = _protect(played, [alone["taskArn"], absent])
    assert [(failure["arn"], failure["reason"]) for failure in made["failures"]] == [
        (alone["taskArn"], "TASK_NOT_VALID"),
        (absent, "MISSING"),
    ]
    assert made["protectedTasks"] == []


@pytest.mark.parametrize("minutes", [0, 2881])
def test_protection_has_its_limits(guide: Bench, minutes: int) -> None:
    arns = [task["taskArn"] for task in guide.tasks()]
    with pytest.raises(ClientError, match="between 1 and 2880"):
        _protect(guide, arns, expiresInMinutes=minutes)
    with pytest.raises(ClientError, match="tasks can have at most 10 items"):
        _protect(guide, arns * 11)
