"""A code outside the matcher is the cause, unless the paths of both sides tell why."""

import pytest

from runbook_lib.diagnosis.engine import wanted
from runbook_lib.diagnosis.rules.health_check_code import kind
from tests.diagnosis.builder import (
    CHECKED,
    CODE_404,
    ELB_CHECKED,
    GROUP,
    container,
    definition,
    deployment,
    guide,
    guide_target_group,
    healthy,
    really_asks,
    stopped,
    target,
    target_group,
    task,
    without,
)
from tests.diagnosis.failing import (
    CODE_503,
    REFUSED,
    TIMED_OUT,
    blank,
    failing,
    fails,
    in_grace,
    tail,
    unhealthy_event,
)
from tests.diagnosis.rules.verdicts import FAIL, NOT_APPLICABLE, PASS, UNKNOWN, facts, verdict

RULE = "health_check_code"
BALANCER = "10.0.12.34"
GONE = [stopped(n, 2, n * 2, ELB_CHECKED, health="UNKNOWN") for n in (2, 3)]
SAID = unhealthy_event(2, 5, "Health checks failed with these codes: [404]")
LOGGED = tail(2, ("/", 404, BALANCER), ("/", 404, BALANCER))
CODE_200 = ("Target.ResponseCodeMismatch", "Health checks failed with these codes: [200]")
NARROW = target_group(Matcher={"HttpCode": "204"})
SAID_503 = unhealthy_event(2, 5, "Health checks failed with these codes: [503]")
OUTCOMES = {
    "404": (failing(CODE_404), FAIL),
    "503": (failing(CODE_503), FAIL),
    "the target is gone, the event tells": (failing(tasks=GONE, targets=[], described=fails(events=[SAID])), FAIL),
    "nobody says a word, the log tells": (blank(failing(tasks=GONE, targets=[], more=(LOGGED,))), FAIL),
    "a redirect that the matcher does not take": (failing(more=(tail(1, ("/", 302, BALANCER)),)), FAIL),
    "a success that the matcher does not take": (failing(CODE_200, group=NARROW), FAIL),
    "an event of a path that is asked no more": (
        failing(tasks=GONE, targets=[], described=fails(events=[SAID]), more=(tail(2, others={"404": 4}),)),
        UNKNOWN,
    ),
    "an event of a server error, and others were answered so too": (
        failing(tasks=GONE, targets=[], described=fails(events=[SAID_503]), more=(tail(2, others={"503": 4}),)),
        FAIL,
    ),
    "what the log shows before ELB waits in vain": (
        failing(TIMED_OUT, more=(tail(1, ("/", 404, BALANCER)),)),
        NOT_APPLICABLE,
    ),
    "the container's check fails first, and the matcher refuses every answer": (
        failing(
            tasks=[stopped(n, 2, n * 2, CHECKED) for n in (2, 3)],
            targets=[],
            group=NARROW,
            definitions=[definition(2, container(healthCheck={"command": really_asks("/healthz")}))],
            more=(tail(2, ("/", 200, BALANCER), ("/healthz", 404, "127.0.0.1")),),
        ),
        FAIL,
    ),
    "refused": (failing(REFUSED), NOT_APPLICABLE),
    "timed out": (failing(TIMED_OUT), NOT_APPLICABLE),
    "a code of the container's own check": (failing(more=(tail(1, ("/", 404, "127.0.0.1")),)), NOT_APPLICABLE),
    "a redirect that it takes": (
        failing(group=target_group(Matcher={"HttpCode": "200-399"}), more=(tail(1, ("/", 302, BALANCER)),)),
        NOT_APPLICABLE,
    ),
    "the paths differ and explain it": (guide_target_group(), NOT_APPLICABLE),
    "the container's check passes on the same path": (
        failing(CODE_404, definitions=[definition(2, container(healthCheck={"command": really_asks("/")}))]),
        FAIL,
    ),
    "the target answers": (healthy(), PASS),
    "within the grace period": (failing(CODE_404, tasks=[task(1, 2, 3)], described=in_grace(fails())), NOT_APPLICABLE),
    "of a revision that a young deployment is replacing": (
        failing(
            CODE_404,
            described=fails(
                deployments=[deployment(3, 2), deployment(2, 18, status="ACTIVE", runningCount=1, failedTasks=2)]
            ),
            definitions=[definition(3, container(healthCheck=None)), definition(2, container(healthCheck=None))],
        ),
        NOT_APPLICABLE,
    ),
    "no target group": (guide(group={}), NOT_APPLICABLE),
    "target groups unread": (without(failing(CODE_404), "target_groups"), UNKNOWN),
    "target health unread": (without(failing(), "target_health"), UNKNOWN),
    "tasks unread, paths differ": (without(guide_target_group(), "tasks"), UNKNOWN),
    "definitions unread": (without(failing(CODE_404), "task_definition"), UNKNOWN),
}


@pytest.mark.parametrize(("found", "outcome"), OUTCOMES.values(), ids=OUTCOMES)
def test_outcome(found, outcome):
    assert verdict(RULE, found).outcome is outcome


def test_elbs_own_words_confirm_it_and_a_log_alone_does_not():
    assert verdict(RULE, failing(CODE_404)).confidence == "confirmed"
    assert verdict(RULE, failing(more=(LOGGED,))).confidence == "likely"


def of_event(*more):
    return failing(tasks=GONE, targets=[], described=fails(events=[SAID]), more=more)


def test_an_event_tells_a_code_and_not_the_path_that_it_answered():
    assert verdict(RULE, of_event()).confidence == "likely"
    assert verdict(RULE, of_event(LOGGED)).confidence == "confirmed"


@pytest.mark.parametrize("found", [of_event(), without(of_event(LOGGED), "target_health")])
def test_what_an_event_tells_is_cited_from_the_event(found):
    cites = verdict(RULE, found).cites
    assert cites[0].operation == "ecs:DescribeServices"
    assert "404" in cites[0].value
    assert "elbv2:DescribeTargetHealth" not in [c.operation for c in cites]


def test_a_matcher_that_blocks_only_once_the_containers_check_passes_comes_next():
    found, _ = OUTCOMES["the container's check fails first, and the matcher refuses every answer"]
    assert facts(verdict(RULE, found), "kind", "code", "next") == {"kind": "matcher", "code": "200", "next": True}
    assert verdict("health_check_path_mismatch", found).outcome is FAIL


def test_a_success_that_the_matcher_does_not_take_is_no_mismatch_of_paths():
    passes = definition(2, container(healthCheck={"command": really_asks("/ping")}))
    found = failing(CODE_200, group=NARROW, tasks=[task(1, 2, 3)], definitions=[passes])
    assert verdict("health_check_path_mismatch", found).outcome is PASS
    assert verdict(RULE, found).facts["kind"] == "matcher"


@pytest.mark.parametrize(
    ("codes", "points_to"),
    [
        (("500",), "application"),
        (("404", "503"), "application"),
        (("301",), "redirect"),
        (("401",), "denied"),
        (("200",), "matcher"),
        (("200", "404"), "path"),
        (("404",), "path"),
    ],
)
def test_what_a_code_points_to(codes, points_to):
    assert kind(codes) == points_to


def test_its_facts():
    names = ("kind", "code", "path", "port", "matcher", "target_group_arn", "revision")
    assert facts(verdict(RULE, failing(CODE_404)), *names) == {
        "kind": "path",
        "code": "404",
        "path": "/",
        "port": "8000",
        "matcher": "200",
        "target_group_arn": GROUP,
        "revision": "momentir-cx-llm:2",
    }


def test_the_logs_of_two_tasks_are_asked_for_where_targets_fail_and_only_there():
    assert [w["stream"][-2:] for w in wanted(failing()) if w.kind == "log_tail"] == ["01", "02"]
    assert wanted(healthy()) == ()


def test_every_rule_asks_for_the_same_logs():
    streams = [wish["stream"] for wish in wanted(guide(targets=[target(1, "unhealthy", CODE_404)]))]
    assert len(streams) == len(set(streams))
