"""What came back, judged: who answered, and what that is for the exit code."""

from datetime import UTC, datetime, timedelta

import pytest

from runbook_lib.diagnosis.entrances import Entrance
from runbook_lib.diagnosis.verification import (
    BAD,
    GOOD,
    LATE,
    OUTCOMES,
    UNSEEN,
    Verification,
    check,
    code_of,
    expected,
    of_try,
)
from runbook_lib.errors import ExitCode
from runbook_lib.evidence.answers import PROBLEMS, Answer, Ask, Hop, Shown
from runbook_lib.evidence.certificate import Certificate
from runbook_lib.evidence.model import Evidence, Reading, Target, request
from runbook_lib.text import LANGUAGES, has, say

GROUP = "arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/a/1"
NOW = datetime(2026, 11, 23, tzinfo=UTC)
WAY = Entrance(dns="alb", host="alb", group=GROUP, expect="200")
ALB = (("Server", "awselb/2.0"),)
APP = (("Server", "uvicorn"),)


def evidence(*states: str) -> Evidence:
    rows = [{"TargetHealth": {"State": state}} for state in states]
    health = Reading(request("target_health", target_group_arn=GROUP), "", rows)
    return Evidence(Target("c", "s", "eu-west-1"), NOW, (health,))


def hop(status: int = 0, headers: tuple[tuple[str, str], ...] = APP, **more) -> Hop:
    return Hop("http://alb/", status, headers=headers, connected=not more.get("problem"), **more)


def checked(*tries: tuple[Hop, ...], way: Entrance = WAY, states: tuple[str, ...] = ("healthy",), **more):
    ask = Ask(more.pop("scheme", "http"), "alb", 80, connect_to=more.pop("connect_to", ""))
    answer = Answer(ask, tries, more.pop("shown", None))
    return check(way, answer, evidence(*states), **more)


@pytest.mark.parametrize(
    ("status", "codes", "good"),
    [
        (200, "200", True),
        (204, "200-299", True),
        (302, "200,302", True),
        (302, "200-299,302", True),
        (404, "200-299,302", False),
        (500, "200-499", False),
        (200, "", False),
        (200, "x", False),
    ],
)
def test_codes_are_read_as_a_matcher_is(status, codes, good):
    assert expected(status, codes) is good


ONE = {
    "answers": ((hop(200),), "verified"),
    "another code": ((hop(404),), "unexpected-status"),
    "a server error of the application": ((hop(500),), "application-error"),
    "503 of the application": ((hop(503),), "application-error"),
    "503 of the load balancer": ((hop(503, ALB),), "balancer-no-target"),
    "502 of the load balancer": ((hop(502, ALB),), "balancer-bad-gateway"),
    "504 of the load balancer": ((hop(504, ALB),), "balancer-timeout"),
    "400 of the load balancer": ((hop(400, ALB),), "balancer-answer"),
    "200 of the load balancer": ((hop(200, ALB),), "balancer-answer"),
    "503 of nobody": ((hop(503, ()),), "server-error"),
    "500 of nobody": ((hop(500, ()),), "application-error"),
    "not the host's server": ((hop(421),), "misdirected"),
    "redirected by the load balancer": ((hop(301, ALB, location="https://alb/"), hop(200)), "verified"),
    "redirected by it to elsewhere": ((hop(301, ALB, location="https://www/"),), "redirected-away"),
    "redirected by the application": ((hop(302, location="http://alb/login"), hop(200)), "verified"),
    "to an error": ((hop(302, location="http://alb/login"), hop(500)), "application-error"),
    "to elsewhere": ((hop(302, location="https://sso/"),), "unexpected-status"),
    "no status wanted": ((hop(),), "connected"),
    **{word: ((hop(problem=word),), word) for word in PROBLEMS},
}


@pytest.mark.parametrize(("hops", "outcome"), ONE.values(), ids=ONE)
def test_an_answer_has_its_outcome(hops, outcome):
    assert of_try(WAY, hops) == outcome
    assert outcome in OUTCOMES


def test_a_redirect_that_was_expected_is_good_wherever_it_leads():
    way = Entrance(expect="302")
    assert of_try(way, (hop(302, location="https://sso/"),)) == "verified"
    assert of_try(way, (hop(302, location="http://alb/a"), hop(200))) == "verified"
    assert of_try(way, (hop(302, location="http://alb/a"), hop(500))) == "application-error"


def test_an_unnamed_503_without_targets_is_the_load_balancers():
    assert checked((hop(503, ()),), states=()).outcome == "balancer-no-target"
    assert checked((hop(503, ()),), states=("draining",)).outcome == "balancer-no-target"
    assert checked((hop(503, ()),)).outcome == "server-error"


@pytest.mark.parametrize("problem", ["connect-timeout", "not-resolved", "unreachable", "refused", "silent"])
def test_an_internal_load_balancer_is_named_where_it_is_out_of_reach(problem):
    inside = Entrance(internal=True)
    wanted = problem if problem in ("refused", "silent") else "internal"
    assert of_try(inside, (hop(problem=problem),)) == wanted


TRIES = {
    "all good": ((200, 200, 200), "verified"),
    "one bad": ((200, 500, 200), "unsteady"),
    "all bad": ((500, 500, 500), "application-error"),
    "worst first": ((404, 503, 503), "application-error"),
}


@pytest.mark.parametrize(("statuses", "outcome"), TRIES.values(), ids=TRIES)
def test_all_tries_must_be_good(statuses, outcome):
    assert checked(*((hop(status),) for status in statuses)).outcome == outcome


def test_what_could_not_be_seen_weighs_less_than_what_failed():
    assert checked((hop(problem="refused"),), (hop(500),)).outcome == "application-error"
    assert checked((hop(problem="refused"),), (hop(problem="silent"),)).outcome == "silent"
    assert checked((hop(200),), (hop(problem="deadline"),)).outcome == "deadline"


def test_targets_are_counted_without_those_that_leave():
    found = checked((hop(200),), states=("healthy", "unhealthy", "draining", "unused"))
    assert (found.healthy, found.targets) == (1, 2)


def test_a_connection_to_a_tunnel_says_nothing_of_what_is_behind():
    assert checked((hop(),)).outcome == "connected"
    assert checked((hop(),), connect_to="127.0.0.1:1").outcome == "connected-there"


def shown(*names: str, distrust: str = "") -> Shown:
    return Shown(Certificate("cn", "ca", names, NOW - timedelta(1), NOW + timedelta(1)), distrust)


@pytest.mark.parametrize(
    ("certificate", "strict", "outcome"),
    [
        (shown("alb"), True, "verified"),
        (shown("alb", distrust="self-signed certificate"), True, "certificate"),
        (shown("www"), True, "certificate"),
        (None, True, "certificate-unread"),
        (shown("www", distrust="certificate has expired"), False, "verified"),
    ],
)
def test_a_certificate_counts_where_it_is_required(certificate, strict, outcome):
    assert checked((hop(200),), scheme="https", shown=certificate, strict=strict).outcome == outcome


def test_a_required_certificate_hides_no_other_failure():
    assert checked((hop(problem="refused"),), scheme="https", strict=True).outcome == "refused"
    assert checked((hop(500),), scheme="https", shown=shown("alb"), strict=True).outcome == "application-error"


def test_every_outcome_has_one_meaning_and_its_words():
    assert len(set(OUTCOMES)) == len(OUTCOMES) == len(GOOD) + len(BAD) + len(LATE) + len(UNSEEN)
    assert [word for word in OUTCOMES for lang in LANGUAGES if not say(f"verify.outcome.{word}.title", lang)] == []
    assert [word for word in OUTCOMES if word not in GOOD and not has(f"verify.outcome.{word}.means")] == []
    assert [code_of(words[0]) for words in (GOOD, BAD, LATE, UNSEEN)] == [0, 1, 4, 3]


def whole(*outcomes: str) -> ExitCode:
    known = tuple(Reading(request(kind), "", []) for kind in ("target_groups", "load_balancers"))
    about = Evidence(Target("c", "s", "eu-west-1"), NOW, known)
    checks = tuple(check(Entrance(skipped=word), None, about) for word in outcomes)
    return Verification(about, NOW, checks).exit_code


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        (("verified", "connected"), 0),
        (("verified", "refused"), 3),
        (("refused", "silent", "verified"), 4),
        (("refused", "silent", "lost"), 1),
        ((), 3),
    ],
)
def test_the_exit_code_is_the_worst(outcomes, code):
    assert whole(*outcomes) == code
