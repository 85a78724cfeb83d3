"""The ways in that follow from target groups, listeners and rules, and the request for each."""

from datetime import UTC, datetime

import pytest

from runbook_lib.diagnosis.entrances import ANY_ANSWER, Entrance, Wish, entrances, read_all, unfinished
from runbook_lib.evidence.model import Evidence, Reading, Target, Unread, request

GROUP, OTHER, THIRD = (f"arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/{name}/1" for name in "abc")
BALANCER = "arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/app/alb/1"
DNS = "alb-1.eu-west-1.elb.amazonaws.com"


def forward(*groups: str, weights: tuple[int, ...] = ()) -> dict:
    if len(groups) == 1 and not weights:
        return {"Type": "forward", "TargetGroupArn": groups[0]}
    pairs = zip(groups, weights or (1,) * len(groups), strict=True)
    return {
        "Type": "forward",
        "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": g, "Weight": w} for g, w in pairs]},
    }


def redirect(**config: str) -> dict:
    return {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "Host": "#{host}"} | config}


FIXED = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}


def rule(priority: object, action: dict, **conditions: list[str]) -> dict:
    fields = {"host": "host-header", "path": "path-pattern", "method": "http-request-method"}
    told = [
        {"Field": fields.get(name, name.replace("_", "-")), "Values": values, "Regex": values == ["regex"]}
        for name, values in conditions.items()
    ]
    return {"Priority": str(priority), "Conditions": told, "Actions": [action]}


def listener(port: int, protocol: str, action: dict, **more: object) -> dict:
    arn = f"{BALANCER.replace('loadbalancer', 'listener')}/{port}"
    return {"ListenerArn": arn, "Port": port, "Protocol": protocol, "DefaultActions": [action], **more}


def told(*listeners: tuple[dict, tuple[dict, ...]], group: dict | None = None, balancer: dict | None = None, **service):
    """Evidence of a service with one load balancer and these listeners with their rules."""
    described = {
        "TargetGroupArn": GROUP,
        "LoadBalancerArns": [BALANCER],
        "HealthCheckProtocol": "HTTP",
        "HealthCheckPort": "traffic-port",
        "HealthCheckPath": "/health",
        "Matcher": {"HttpCode": "200-204"},
    } | (group or {})
    alb = {"LoadBalancerArn": BALANCER, "LoadBalancerName": "alb", "DNSName": DNS, "Type": "application"}
    readings = [
        Reading(request("service"), "", {"loadBalancers": [{"targetGroupArn": GROUP}]} | service),
        Reading(request("target_groups", arns=GROUP), "", [described]),
        Reading(request("load_balancers", arns=BALANCER), "", [alb | {"Scheme": "internet-facing"} | (balancer or {})]),
        Reading(request("listeners", load_balancer_arn=BALANCER), "", [row for row, _ in listeners]),
        *(
            Reading(request("listener_rules", listener_arn=row["ListenerArn"]), "", list(rows))
            for row, rows in listeners
        ),
    ]
    return Evidence(Target("c", "s", "eu-west-1"), datetime(2026, 11, 23, tzinfo=UTC), tuple(readings))


def shown(found: tuple[Entrance, ...]) -> list[tuple[str, str, int, str, str]]:
    return [(e.scheme, e.host, e.listener, e.path, e.skipped) for e in found]


HTTP = listener(80, "HTTP", forward(GROUP))


def test_path_and_codes_are_those_of_the_target_groups_check():
    [found] = entrances(told((HTTP, ())))
    assert shown((found,)) == [("http", DNS, 80, "/health", "")]
    assert (found.expect, found.rule, found.notes) == ("200-204", "default", ())


@pytest.mark.parametrize(
    ("wish", "asked"),
    [
        (Wish(path="/"), ("/", DNS, "200-204")),
        (Wish(host="api.example.com"), ("/health", "api.example.com", "200-204")),
        (Wish(expect="200-399"), ("/health", DNS, "200-399")),
    ],
)
def test_a_wish_comes_first(wish, asked):
    [found] = entrances(told((HTTP, ())), wish)
    assert (found.path, found.host, found.expect) == asked


RULES = {
    "host": (rule(1, forward(GROUP), host=["api.example.com"]), "api.example.com", "/health", ()),
    "any host below": (
        rule(1, forward(GROUP), host=["*.example.com"]),
        "www.example.com",
        "/health",
        ("host-guessed",),
    ),
    "the path of the check": (rule(1, forward(GROUP), path=["/x", "/heal*"]), DNS, "/health", ()),
    "another path": (rule(1, forward(GROUP), path=["/api/*"]), DNS, "/api/", ("path-guessed",)),
    "one letter": (rule(1, forward(GROUP), path=["/v?/x"]), DNS, "/va/x", ("path-guessed",)),
    "get": (rule(1, forward(GROUP), method=["GET", "POST"]), DNS, "/health", ()),
}


@pytest.mark.parametrize(("row", "host", "path", "notes"), RULES.values(), ids=RULES)
def test_a_request_meets_the_conditions_of_its_rule(row, host, path, notes):
    [found] = entrances(told((listener(443, "HTTPS", FIXED), (row,))))
    assert shown((found,)) == [("https", host, 443, path, "")]
    assert (found.rule, found.notes) == ("1", notes)
    assert found.expect == (ANY_ANSWER if "path-guessed" in notes else "200-204")


SKIPPED = {
    "header": (rule(1, forward(GROUP), http_header=[]), "condition", ("http-header",)),
    "query": (rule(1, forward(GROUP), query_string=[]), "condition", ("query-string",)),
    "source": (rule(1, forward(GROUP), source_ip=[]), "condition", ("source-ip",)),
    "post": (rule(1, forward(GROUP), method=["POST"]), "condition", ("http-request-method",)),
    "regex": (rule(1, forward(GROUP), path=["regex"]), "condition", ("regex",)),
    "signs in": (
        rule(1, {"Type": "authenticate-oidc"}) | {"Actions": [{"Type": "authenticate-oidc"}, forward(GROUP)]},
        "sign-in",
        (),
    ),
}


@pytest.mark.parametrize(("row", "reason", "about"), SKIPPED.values(), ids=SKIPPED)
def test_what_a_plain_request_cannot_meet_is_not_asked(row, reason, about):
    [found] = entrances(told((listener(443, "HTTPS", FIXED), (row,))))
    assert (found.skipped, found.about) == (reason, about)


def test_a_request_that_an_earlier_rule_takes_is_not_asked():
    rows = (rule(2, forward(OTHER), path=["/health"]), rule(30, forward(GROUP), path=["/*"]))
    [found] = entrances(told((listener(443, "HTTPS", FIXED), rows)))
    assert (found.skipped, found.about) == ("elsewhere", ("2",))
    [asked] = entrances(told((listener(443, "HTTPS", FIXED), rows)), Wish(path="/docs"))
    assert asked.skipped == ""


def test_rules_are_tried_by_number_and_hosts_compare_without_case():
    rows = (rule(100, forward(OTHER), host=["API.example.com"]), rule(20, forward(GROUP), host=["api.Example.com"]))
    [found] = entrances(told((listener(443, "HTTPS", FIXED), rows)))
    assert (found.rule, found.skipped) == ("20", "")


def test_a_wished_host_that_no_rule_of_ours_takes_is_not_asked():
    rows = (rule(1, forward(GROUP), host=["api.example.com"]),)
    [found] = entrances(told((listener(443, "HTTPS", FIXED), rows)), Wish(host="www.example.com"))
    assert (found.skipped, found.about) == ("elsewhere", ("default",))


def test_a_listener_that_redirects_to_one_of_ours_is_a_way_in():
    found = entrances(told((listener(80, "HTTP", redirect()), ()), (listener(443, "HTTPS", forward(GROUP)), ())))
    assert shown(found) == [("https", DNS, 443, "/health", ""), ("http", DNS, 80, "/health", "")]
    assert found[1].notes == ("redirects",)


@pytest.mark.parametrize("config", [{"Host": "www.example.com"}, {"Port": "8443"}, {"Protocol": "HTTP", "Port": "81"}])
def test_a_redirect_to_elsewhere_is_none(config):
    listeners = (listener(80, "HTTP", redirect(**config)), ()), (listener(443, "HTTPS", forward(GROUP)), ())
    assert len(entrances(told(*listeners))) == 1


@pytest.mark.parametrize(
    ("groups", "weights", "found", "notes"),
    [
        ((GROUP, OTHER), (1, 1), 1, ("shared",)),
        ((GROUP, OTHER), (1, 0), 1, ()),
        ((GROUP, OTHER), (0, 1), 0, ()),
    ],
)
def test_weights_say_whether_anything_comes(groups, weights, found, notes):
    asked = [e for e in entrances(told((listener(80, "HTTP", forward(*groups, weights=weights)), ()))) if e.host]
    assert len(asked) == found
    assert [e.notes for e in asked] == [notes] * found


def test_both_groups_of_a_blue_green_deployment_are_the_services_own():
    pair = {"targetGroupArn": GROUP, "advancedConfiguration": {"alternateTargetGroupArn": OTHER}}
    evidence = told((listener(80, "HTTP", forward(GROUP, OTHER, weights=(0, 100))), ()), loadBalancers=[pair])
    [found] = entrances(evidence)
    assert (found.group, found.notes, found.skipped) == (OTHER, (), "")


NETWORK = {
    "tcp": ("TCP", {"HealthCheckProtocol": "TCP"}, Wish(), "tcp", ""),
    "tls": ("TLS", {"HealthCheckProtocol": "TCP"}, Wish(), "tls", ""),
    "http behind tcp": ("TCP", {}, Wish(), "http", ""),
    "http behind tls": ("TLS", {}, Wish(), "https", ""),
    "https behind tcp": ("TCP", {"HealthCheckProtocol": "HTTPS"}, Wish(), "https", ""),
    "another port is checked": ("TCP", {"HealthCheckPort": "9000"}, Wish(), "tcp", ""),
    "a path makes it http": ("TCP", {"HealthCheckProtocol": "TCP"}, Wish(path="/"), "http", ""),
    "udp": ("UDP", {}, Wish(), "http", "datagrams"),
    "grpc": ("HTTPS", {"ProtocolVersion": "GRPC"}, Wish(), "https", "grpc"),
}


@pytest.mark.parametrize(("protocol", "group", "wish", "scheme", "skipped"), NETWORK.values(), ids=NETWORK)
def test_what_is_spoken_follows_from_listener_and_check(protocol, group, wish, scheme, skipped):
    [found] = entrances(told((listener(443, protocol, forward(GROUP)), ()), group=group), wish)
    assert (found.scheme, found.skipped) == (scheme, skipped)


def test_a_listener_that_wants_a_certificate_of_the_client():
    [found] = entrances(told((listener(443, "HTTPS", forward(GROUP), MutualAuthentication={"Mode": "verify"}), ())))
    assert found.skipped == "client-certificate"


def test_what_is_masked_behind_a_path_is_left_out():
    [found] = entrances(told((HTTP, ()), group={"HealthCheckPath": "/health?***"}))
    assert (found.path, found.notes, found.expect) == ("/health", ("query-left-out",), "200-204")


def test_an_internal_load_balancer_is_told():
    [found] = entrances(told((HTTP, ()), balancer={"Scheme": "internal"}))
    assert found.internal


@pytest.mark.parametrize(
    ("evidence", "reason"),
    [
        (told(loadBalancers=[]), "no-balancer"),
        (told(loadBalancers=[{"loadBalancerName": "classic"}]), "classic"),
        (told((listener(80, "HTTP", forward(OTHER)), ())), "not-routed"),
        (told(group={"LoadBalancerArns": []}), "detached"),
    ],
)
def test_no_way_in_is_said_with_why(evidence, reason):
    assert [e.skipped for e in entrances(evidence)] == [reason]


def test_what_could_not_be_read_is_no_reason_to_say_that_there_is_no_way():
    refused = Unread(request("listeners", load_balancer_arn=BALANCER), "elbv2:DescribeListeners", "", "access-denied")
    known = told((HTTP, ()))
    kept = tuple(r for r in known.readings if r.request.kind not in ("listeners", "listener_rules"))
    evidence = Evidence(known.target, known.collected_at, kept, (refused,))
    assert entrances(evidence) == ()
    assert not read_all(evidence)
    assert read_all(known)


def test_equal_requests_are_made_once_and_many_are_cut():
    same = tuple(rule(n, forward(GROUP), path=["/health"]) for n in (1, 2))
    assert len(entrances(told((listener(80, "HTTP", FIXED), same)))) == 1
    many = tuple(rule(n, forward(GROUP), path=[f"/{n}"]) for n in range(1, 31))
    found = entrances(told((listener(80, "HTTP", FIXED), many)))
    assert [e.skipped for e in found] == [""] * 20 + ["too-many"] * 10


def test_several_running_revisions_are_seen():
    running = [{"runningCount": 1}, {"runningCount": 2}]
    assert unfinished(told((HTTP, ()), deployments=running))
    assert not unfinished(told((HTTP, ()), deployments=[*running[:1], {"runningCount": 0}]))
