"""CloudWatch Logs has what applications wrote by the time that somebody looks, however far that is, within bounds."""

GROUP = "/ecs/momentir-cx-llm"
OPTIONS = {"awslogs-group": GROUP, "awslogs-stream-prefix": "ecs"}


def stream(lab):
    task = lab.tasks()[0]["taskArn"].rpartition("/")[2]
    return f"ecs/momentir-cx-llm/{task}"


def lines(lab):
    found = lab.client("logs").get_log_events(logGroupName=GROUP, logStreamName=stream(lab), limit=10000)
    return [(event["timestamp"] / 1000, event["message"]) for event in found["events"]]


def test_the_first_lines_are_there_and_so_are_the_newest_a_day_later(bench):
    lab = bench()
    assert lines(lab)[0][1] == "INFO:     Started server process [1]"
    lab.lab.advance(86400)
    at, text = lines(lab)[-1]
    assert lab.lab.now - at < 30
    assert text.endswith('"GET /health HTTP/1.1" 200 OK')


def test_a_service_that_nobody_looks_at_for_days_keeps_its_newest_thousand_lines(bench):
    lab = bench()
    before = len(lines(lab))
    lab.lab.advance(2 * 86400)
    assert len(lines(lab)) == before + 1000


def test_a_log_group_takes_the_lines_with_it_that_nobody_has_seen(bench):
    lab = bench()
    lab.client("logs").delete_log_group(logGroupName=GROUP)
    lab.client("logs").create_log_group(logGroupName=GROUP)
    lab.lab.advance(600)
    assert lab.client("logs").filter_log_events(logGroupName=GROUP)["events"] == []


def test_the_driver_looks_for_its_group_in_the_region_that_it_is_told(bench):
    lab, elsewhere = bench(), {"region_name": "us-east-1"}
    revision = lab.revise(
        logConfiguration={"logDriver": "awslogs", "options": OPTIONS | {"awslogs-region": "us-east-1"}}
    )
    lab.update(taskDefinition=f"momentir-cx-llm:{revision}")
    lab.lab.advance(120)
    reasons = {task["stoppedReason"] for task in lab.tasks(status="STOPPED")}
    assert any("The specified log group does not exist" in reason for reason in reasons)
    lab.client("logs", **elsewhere).create_log_group(logGroupName=GROUP)
    assert lab.play_until(lab.completed)
    assert lab.client("logs", **elsewhere).filter_log_events(logGroupName=GROUP)["events"]
