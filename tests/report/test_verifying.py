"""The section of the HTTP check: in both languages, for every outcome, whatever a server sent."""

import shlex
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from runbook_lib.diagnosis.entrances import Entrance
from runbook_lib.diagnosis.verification import GOOD, OUTCOMES, Check, Verification
from runbook_lib.evidence.answers import Answer, Ask, Hop, Shown, head
from runbook_lib.evidence.certificate import Certificate
from runbook_lib.evidence.model import Evidence, Target, Unread, request
from runbook_lib.report.blocks import Card, Fold, Table, walk
from runbook_lib.report.context import Context
from runbook_lib.report.sections.verifying import by_hand, outcome, verification
from runbook_lib.text.visible import unseen
from tests.report.page_parser import parse

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
BALANCER = "arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/app/alb/1"
GROUP = "arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/api/1"
ALB = Entrance(
    "alb", BALANCER, "alb.amazonaws.com", False, False, "HTTPS", 443, "default", GROUP, "https", "alb.amazonaws.com"
)
CERTIFICATE = Certificate("api.example.com", "Example CA", ("api.example.com",), NOW, NOW + timedelta(days=30))
HOSTILE = "\x1b[31m\u202e<script>alert(1)</script>`$(rm -rf /)`\x00"

every_language = pytest.mark.parametrize("lang", ["ko", "en"])


def hop(status: int = 200, **more) -> Hop:
    return Hop(
        "https://alb.amazonaws.com/",
        status,
        f"HTTP/1.1 {status}",
        (("Server", "x"),),
        12.3,
        "10.0.0.1:443",
        True,
        **more,
    )


def checked(word: str = "verified", *tries: tuple[Hop, ...], entrance: Entrance = ALB, **more) -> Check:
    ask = Ask(entrance.scheme, entrance.host, entrance.listener, "/", entrance.dns, more.pop("connect_to", ""))
    answer = Answer(ask, tries or ((hop(),),), more.pop("shown", None))
    return Check(entrance, answer, word, 1, 2, **more)


def section(*checks: Check, lang: str = "en", unreads: tuple[Unread, ...] = ()):
    evidence = Evidence(Target("c", "s", "eu-west-1"), NOW, unreads=unreads)
    return verification(Verification(evidence, NOW, checks), Context(lang))


@every_language
@pytest.mark.parametrize("word", OUTCOMES)
def test_every_outcome_can_be_shown(word, lang):
    shown = section(checked(word), Check(replace(ALB, skipped=word, about=("7",)), None, word), lang=lang)
    parse(shown.html)
    assert outcome(word, lang) in shown.text
    assert not unseen(shown.text.replace("\n", ""))


def test_the_table_has_codes_times_and_targets_of_every_try():
    tries = ((hop(),), (hop(503),), (hop(),))
    [found] = [block for block in section(checked("unsteady", *tries)).blocks if isinstance(block, Table)]
    assert [cell.text for cell in found.rows[0]] == [
        "`https:443 /`", outcome("unsteady", "en"), "200 · 503", "12 · 12 · 12", "1 of 2",
    ]  # fmt: skip


def test_of_unsteady_tries_the_bad_one_is_shown():
    shown = section(checked("unsteady", (hop(),), (hop(503),), (hop(),)))
    assert "HTTP/1.1 503" in shown.text
    assert "HTTP/1.1 200" not in shown.text


def test_a_good_head_is_folded_and_a_bad_one_is_not():
    good, bad = section(checked()), section(checked("application-error", (hop(500),)))
    assert any(isinstance(block, Fold) for block in walk(good.blocks))
    assert not any(isinstance(block, Fold) for block in walk(bad.blocks))


@every_language
def test_what_a_server_sent_steers_nothing(lang):
    headers = head([("X-" + HOSTILE, HOSTILE), ("Server", HOSTILE)])
    nasty = replace(hop(500), line=HOSTILE, headers=headers, said=HOSTILE, location=HOSTILE, address=HOSTILE)
    bad = Certificate(HOSTILE, HOSTILE, (HOSTILE,), NOW, NOW)
    shown = section(checked("application-error", (nasty,), shown=Shown(bad, HOSTILE)), lang=lang)
    assert not unseen(shown.text.replace("\n", ""))
    assert "<script>" not in shown.html
    parse(shown.html)


def test_certificate_trust_and_names_are_told():
    own = section(checked(shown=Shown(CERTIFICATE))).text
    assert "it is not for this host name but for api.example.com" in " ".join(own.split())
    known = replace(ALB, host="api.example.com")
    told = " ".join(section(checked(entrance=known, shown=Shown(CERTIFICATE, "certificate has expired"))).text.split())
    assert "not trusted: certificate has expired · it is for this host name" in told


def test_redirects_are_shown_in_their_order():
    hops = (hop(301, location="https://alb.amazonaws.com/a"), hop(302, location="https://alb.amazonaws.com/b"), hop())
    text = " ".join(section(checked("verified", hops)).text.split())
    assert text.index("301 https://alb.amazonaws.com/ → https://alb.amazonaws.com/a") < text.index("302 https")
    assert "-L" in text


@every_language
def test_what_could_not_be_read_is_said_with_its_permission(lang):
    action = "elasticloadbalancing:DescribeRules"
    unread = Unread(request("listener_rules", listener_arn="x"), "elbv2:DescribeRules", action, "access-denied")
    assert action in section(checked(), lang=lang, unreads=(unread,)).text


def test_a_service_without_anything_to_ask_has_no_table():
    shown = section(Check(Entrance(skipped="no-balancer"), None, "no-balancer"))
    assert not any(isinstance(block, Table) for block in shown.blocks)
    assert len([block for block in shown.blocks if isinstance(block, Card)]) == 1


COMMANDS = {
    "plain": (Ask("https", "alb", 443, "/health", "alb"), {}, ["https://alb/health"]),
    "another host": (Ask("https", "api", 443, "/", "alb"), {}, ["--connect-to", "::alb:", "https://api/"]),
    "a tunnel": (Ask("http", "alb", 80, "/", "alb", "[::1]:8080"), {}, ["--connect-to", "::[::1]:8080", "http://alb/"]),
    "redirected": (Ask("http", "alb", 8080, "/", "alb"), {"redirected": True}, ["http://alb:8080/"]),
}  # fmt: skip


@pytest.mark.parametrize(("ask", "given", "ends"), COMMANDS.values(), ids=COMMANDS)
def test_the_command_makes_the_same_request(ask, given, ends):
    argv = shlex.split(by_hand(ask, **given).replace("\\\n", ""))
    assert argv[0] == "curl"
    assert argv[-len(ends) :] == ends
    assert ("-L" in argv) is bool(given)


def test_a_path_cannot_leave_the_shells_quotes():
    path = "/a';$(touch${IFS}x)&b=`id`"
    argv = shlex.split(by_hand(Ask("https", "alb", 443, path, "alb")).replace("\\\n", ""))
    assert argv[-1] == f"https://alb{path}"


def test_a_connection_has_a_command_of_its_own():
    assert by_hand(Ask("tcp", "nlb", 6379, "/", "nlb")) == "nc -vz -w 10 nlb 6379"
    assert "openssl s_client" in by_hand(Ask("tls", "nlb", 443, "/", "nlb"))


@every_language
def test_good_news_is_short(lang):
    text = section(checked(), lang=lang).text
    assert all(outcome(word, lang) not in text for word in OUTCOMES if word not in GOOD)
