"""Deployment alarms: they fail a deployment while it is in progress and while it bakes, and only then."""

from typing import Any

from tests.lab.conftest import CLUSTER, FAMILY, OLD, SERVICE, Bench, MakeBench

NAME = "http-5xx"


def _alarmed(bench: Bench, rollback: bool = True, **configuration: Any) -> str:
    """Give the service an alarm and start a good deployment; return the deployment's id."""
    alarms = {"alarmNames": [NAME], "enable": True, "rollback": rollback}
    configuration = {"alarms": alarms, "bakeTimeInMinutes": 5, **configuration}
    updated = bench.update(taskDefinition=f"{FAMILY}:{bench.revise(1, OLD)}", deploymentConfiguration={**configuration})
    return updated["deployments"][0]["id"]


def _create(bench: Bench, state: str = "OK", evaluations: int = 1) -> None:
    metric = {"MetricName": "HTTPCode_Target_5XX_Count", "Namespace": "AWS/ApplicationELB", "Statistic": "Sum"}
    rule = {"Period": 60, "EvaluationPeriods": evaluations, "Threshold": 1.0}
    comparison = "GreaterThanThreshold"
    bench.client("cloudwatch").put_metric_alarm(AlarmName=NAME, ComparisonOperator=comparison, **rule, **metric)
    _set(bench, state)


def _set(bench: Bench, state: str) -> None:
    bench.client("cloudwatch").set_alarm_state(AlarmName=NAME, StateValue=state, StateReason="test")


def _newest(bench: Bench) -> dict[str, Any]:
    listed = bench.ecs.list_service_deployments(cluster=CLUSTER, service=SERVICE)["serviceDeployments"]
    arns = [listed[0]["serviceDeploymentArn"]]
    return bench.ecs.describe_service_deployments(serviceDeploymentArns=arns)["serviceDeployments"][0]


def _running_new(bench: Bench) -> bool:
    return bench.service()["deployments"][0]["runningCount"] == 1


def test_an_alarm_during_the_deployment_rolls_it_back(bench: MakeBench) -> None:
    played = bench()
    _create(played)
    before = played.service()["deployments"][0]["id"]
    failed = _alarmed(played)
    assert played.play_until(lambda: _running_new(played), 300)
    assert _newest(played)["alarms"] == {"status": "MONITORING", "alarmNames": [NAME]}
    _set(played, "ALARM")
    played.lab.advance(30)
    told = played.messages()
    assert f"(deployment {failed}) deployment failed: alarm detected." in told
    assert f"rolling back to deployment {before}." in told
    primary = played.service()["deployments"][0]
    assert (primary["id"], primary["rolloutState"]) == (before, "IN_PROGRESS")
    assert played.play_until(played.completed, 900)
    newest = _newest(played)
    assert newest["status"] == "ROLLBACK_SUCCESSFUL"
    assert newest["alarms"] == {"status": "TRIGGERED", "alarmNames": [NAME], "triggeredAlarmNames": [NAME]}
    assert newest["deploymentCircuitBreaker"]["status"] == "DISABLED"


def test_an_alarm_in_the_bake_time_rolls_back(bench: MakeBench) -> None:
    played = bench()
    _create(played)
    failed = _alarmed(played)
    assert played.play_until(lambda: [found[0] for found in played.deployments()] == ["PRIMARY", "ACTIVE"], 60)
    assert played.play_until(lambda: len(played.tasks()) == 1 and _running_new(played), 300)
    played.lab.advance(60)
    assert played.deployments() == [("PRIMARY", 2, "IN_PROGRESS"), ("ACTIVE", 1, "COMPLETED")], "still baking"
    _set(played, "ALARM")
    played.lab.advance(15)
    assert any(failed in message and "alarm detected" in message for message in played.messages())
    assert played.play_until(played.completed, 900)
    assert played.deployments() == [("PRIMARY", 1, "COMPLETED")]


def test_a_quiet_alarm_only_delays_completion(bench: MakeBench) -> None:
    played = bench()
    _create(played)
    _alarmed(played)
    assert not played.play_until(played.completed, 240)
    assert played.play_until(played.completed, 600)
    assert _newest(played)["alarms"]["status"] == "MONITORING_COMPLETE"
    _set(played, "ALARM")
    played.lab.advance(300)
    assert played.deployments() == [("PRIMARY", 2, "COMPLETED")], "nobody watches a completed deployment"


def test_the_bake_time_follows_the_alarm_where_none_is_given(bench: MakeBench) -> None:
    played = bench()
    _create(played, evaluations=10)
    _alarmed(played, bakeTimeInMinutes=0)
    assert not played.play_until(played.completed, 540)
    assert played.play_until(played.completed, 600)


def test_an_alarm_that_rings_at_the_start_is_ignored(bench: MakeBench) -> None:
    played = bench()
    _create(played, "ALARM")
    _alarmed(played)
    assert played.play_until(played.completed, 600)
    assert _newest(played)["alarms"] == {"status": "DISABLED"}
    assert played.deployments() == [("PRIMARY", 2, "COMPLETED")]


def test_an_alarm_without_rollback_leaves_the_deployment_failed(bench: MakeBench) -> None:
    played = bench()
    _create(played)
    _alarmed(played, rollback=False)
    assert played.play_until(lambda: _running_new(played), 300)
    _set(played, "ALARM")
    played.lab.advance(120)
    assert played.deployments()[0] == ("PRIMARY", 2, "FAILED")
    assert _newest(played)["status"] == "STOPPED"
    assert not any("rolling back" in message for message in played.messages())


def test_an_alarm_that_does_not_exist_never_rings(bench: MakeBench) -> None:
    played = bench()
    _alarmed(played, bakeTimeInMinutes=0)
    assert played.play_until(played.completed, 600)
