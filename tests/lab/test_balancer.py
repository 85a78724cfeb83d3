"""The load balancer's own HTTP and HTTPS."""

import http.client
import ssl
from typing import Any

import pytest

from tests.lab.conftest import CLUSTER, Bench, MakeBench


def dns_name(bench: Bench) -> str:
    return str(bench.client("elbv2").describe_load_balancers()["LoadBalancers"][0]["DNSName"])


def test_a_healthy_task_answers(guide: Bench) -> None:
    status, headers = guide.browse("/?a=1")
    assert (status, headers["Server"]) == (200, "uvicorn")


def test_https_is_answered_on_the_same_port(guide: Bench) -> None:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    port = int(guide.lab.endpoint_url.rpartition(":")[2])
    connection = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=10)
    connection.request("HEAD", "/", headers={"Host": dns_name(guide)})
    reply = connection.getresponse()
    assert (reply.status, reply.read()) == (200, b"")
    connection.close()


def test_an_unknown_load_balancer_is_not_served(guide: Bench) -> None:
    assert guide.browse("/", "other-1.ap-northeast-2.elb.amazonaws.com")[0] == 421


@pytest.mark.parametrize(("port", "status"), [(80, 200), (443, 400), (81, 421)])
def test_the_port_chooses_the_listener(guide: Bench, port: int, status: int) -> None:
    """Plain HTTP finds the HTTP listener alone; a port without a listener would not connect."""
    assert guide.browse("/", f"{dns_name(guide)}:{port}")[0] == status


def test_the_labs_own_port_stands_for_the_schemes(guide: Bench) -> None:
    port = guide.lab.endpoint_url.rpartition(":")[2]
    assert guide.browse("/", f"{dns_name(guide)}:{port}")[0] == 200


def test_no_target_is_503_and_none_listening_502(bench: MakeBench) -> None:
    played = bench()
    assert played.browse("/")[0] == 200
    played.ecs.stop_task(cluster=CLUSTER, task=played.tasks()[0]["taskArn"])
    assert played.browse("/")[0] == 503
    assert played.play_until(lambda: bool(played.target_health()), 200, step=5)
    states: set[int] = set()

    def served() -> bool:
        states.add(played.browse("/")[0])
        return 200 in states

    assert played.play_until(served, 120, step=5)
    assert states >= {502, 200}


def test_a_listener_can_redirect(bench: MakeBench) -> None:
    played = bench()
    elb = played.client("elbv2")
    balancer = elb.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
    listeners = elb.describe_listeners(LoadBalancerArn=balancer)["Listeners"]
    plain = next(listener for listener in listeners if listener["Protocol"] == "HTTP")
    target: dict[str, Any] = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}
    action = {"Type": "redirect", "RedirectConfig": target}
    elb.modify_listener(ListenerArn=plain["ListenerArn"], DefaultActions=[action])
    status, headers = played.browse("/docs")
    assert (status, headers["Location"]) == (301, f"https://{dns_name(played)}:443/docs")


def test_a_target_group_names_its_load_balancer_once(bench: MakeBench) -> None:
    played = bench()
    elb = played.client("elbv2")
    balancer = elb.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
    to_group = [{"Type": "forward", "TargetGroupArn": played.group()}]
    for port in (8080, 8081):
        elb.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=port, DefaultActions=to_group)
    found = elb.describe_target_groups(TargetGroupArns=[played.group()])["TargetGroups"]
    assert [group["LoadBalancerArns"] for group in found] == [[balancer]]


def test_rules_are_tried_by_priority_before_the_default(bench: MakeBench) -> None:
    played = bench()
    elb = played.client("elbv2")
    balancer = elb.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
    listeners = elb.describe_listeners(LoadBalancerArn=balancer)["Listeners"]
    plain = next(listener for listener in listeners if listener["Protocol"] == "HTTP")["ListenerArn"]

    def add(priority: int, status: str, *conditions: dict[str, Any]) -> None:
        fixed = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": status, "ContentType": "text/plain"}}
        elb.create_rule(ListenerArn=plain, Priority=priority, Conditions=list(conditions), Actions=[fixed])

    add(20, "420", {"Field": "path-pattern", "Values": ["/a*"]})
    add(3, "403", {"Field": "path-pattern", "Values": ["/a?"]})
    host = {"Field": "host-header", "HostHeaderConfig": {"Values": ["*.EXAMPLE.com"]}}
    add(4, "404", host, {"Field": "path-pattern", "Values": ["/"]})
    agent = {"HttpHeaderName": "X-Key", "Values": ["*"]}
    add(5, "405", {"Field": "http-header", "HttpHeaderConfig": agent})
    assert [played.browse(path)[0] for path in ("/ab", "/abc", "/a", "/")] == [403, 420, 420, 200]
