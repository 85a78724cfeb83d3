"""The HTTP check over real HTTP against the lab: healthy, failing, unreachable, and with less of everything."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from runbook_lib import lab as labs
from runbook_lib import verifying
from runbook_lib.diagnosis.verification import Verification
from runbook_lib.errors import ExitCode, ParameterError
from runbook_lib.report.sections.verifying import verification
from runbook_lib.runs import context
from runbook_lib.text.visible import unseen
from tests.conftest import CLUSTER, SERVICE, AnyLab, given

TAGS = ("bfea2cf646ba4eb2b4f0e07661b6de2fef444f75", "c41e7ad09b3f5d2168a7f4be0c9d1e2f3a4b5c6d")


def verify(lab: AnyLab, **changed: object) -> Verification:
    found = verifying.verify(given(lab, **({"verify_tries": 1} | changed)))
    for lang in ("ko", "en"):  # whatever came back can be shown
        section = verification(found, context(given(lab), found.evidence, lang))
        assert section.html
        assert not unseen(section.text.replace("\n", ""))
    json.dumps(verifying.as_json(found))
    return found


def outcomes(found: Verification) -> set[str]:
    return {check.outcome for check in found.checks}


def elb(lab: AnyLab, boto: Callable[[str, str], object]):
    return boto("elbv2", lab.endpoint_url)


def group_of(client) -> str:
    return client.describe_target_groups()["TargetGroups"][0]["TargetGroupArn"]


def listener_of(client, protocol: str) -> dict:
    balancer = client.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
    found = client.describe_listeners(LoadBalancerArn=balancer)["Listeners"]
    return next(listener for listener in found if listener["Protocol"] == protocol)


def test_the_labs_own_parameters_are_all_that_is_needed(guide):
    found = verify(guide, verify_tries=3)
    assert found.exit_code is ExitCode.GOOD
    assert [(c.answer.ask.scheme, c.outcome, c.healthy, c.targets) for c in found.checks] == [
        ("http", "verified", 1, 1),
        ("https", "verified", 1, 1),
    ]
    assert [len(check.answer.tries) for check in found.checks] == [3, 3]


def test_the_certificate_is_told_and_counts_only_where_it_is_required(guide):
    told = verify(guide).checks[1].answer.shown
    assert told.certificate.issuer
    assert told.distrust
    strict = verify(guide, verify_certificate=True)
    assert [check.outcome for check in strict.checks] == ["verified", "certificate"]
    assert strict.exit_code is ExitCode.BAD


@pytest.mark.parametrize(
    ("changed", "outcome", "code"),
    [
        ({"verify_path": "/nope"}, "unexpected-status", 1),
        ({"verify_path": "/nope", "verify_expect": "400-499"}, "verified", 0),
        ({"verify_host": "api.example.com"}, "misdirected", 3),
        ({"connect_to": "127.0.0.1:1"}, "refused", 3),
        ({"connect_to": "no-such-bastion.invalid:443"}, "not-resolved", 3),
    ],
)
def test_what_is_wished_decides(guide, changed, outcome, code):
    found = verify(guide, **changed)
    assert (outcomes(found), found.exit_code) == ({outcome}, code)


def test_scaled_to_zero_is_the_load_balancers_own_503(lab_of):
    lab = lab_of("scaled-to-zero")
    known = yaml.safe_load(lab.params.read_text())
    found = verify(lab, cluster=known["cluster"], service=known["service"])
    assert (outcomes(found), found.exit_code) == ({"balancer-no-target"}, ExitCode.BAD)
    assert [(check.healthy, check.targets) for check in found.checks] == [(0, 0), (0, 0)]


@pytest.fixture
def failing(tmp_path: Path):
    """A lab whose application is healthy where it is checked, and answers 500 elsewhere."""
    scenario = tmp_path / "failing.yaml"
    routes = {"/health": 200, "/": 500}
    scenario.write_text(
        yaml.safe_dump(
            {
                "extends": "healthy",
                "target_groups": {"momentir-cx-llm-tg": {"port": 8000, "path": "/health"}},
                "applications": {tag: {"routes": routes} for tag in TAGS},
            }
        ),
        encoding="utf-8",
    )
    with labs.start(scenario, folder=tmp_path / "lab") as lab:
        yield lab


def test_a_failing_application_is_told_from_a_failing_load_balancer(failing):
    assert outcomes(verify(failing)) == {"verified"}
    found = verify(failing, verify_path="/")
    assert (outcomes(found), found.exit_code) == ({"application-error"}, ExitCode.BAD)
    assert {check.answer.tries[0][-1].header("server") for check in found.checks} == {"uvicorn"}


def test_a_wrong_path_of_the_target_group_is_no_failing_application(own_lab, boto):
    lab = own_lab("healthy")
    client = elb(lab, boto)
    client.modify_target_group(TargetGroupArn=group_of(client), HealthCheckPath="/nope")
    found = verify(lab)
    assert outcomes(found) == {"unexpected-status"}
    assert {check.answer.tries[0][-1].status for check in found.checks} == {404}
    assert verify(lab, verify_path="/").exit_code is ExitCode.GOOD


def test_a_closed_security_group_is_the_load_balancers_own_504(own_lab, boto):
    lab = own_lab("healthy")
    client = boto("ec2", lab.endpoint_url)
    for group in client.describe_security_groups()["SecurityGroups"]:
        if group["IpPermissions"]:
            client.revoke_security_group_ingress(GroupId=group["GroupId"], IpPermissions=group["IpPermissions"])
    found = verify(lab)
    assert (outcomes(found), found.exit_code) == ({"balancer-timeout"}, ExitCode.BAD)


def test_a_listener_that_redirects_is_followed(own_lab, boto):
    lab = own_lab("healthy")
    client = elb(lab, boto)
    action = {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}
    client.modify_listener(ListenerArn=listener_of(client, "HTTP")["ListenerArn"], DefaultActions=[action])
    found = verify(lab)
    assert found.exit_code is ExitCode.GOOD
    [hops] = next(check for check in found.checks if check.answer.ask.scheme == "http").answer.tries
    assert [hop.status for hop in hops] == [301, 200]
    assert hops[0].by_balancer


def test_rules_on_paths_lead_where_they_say(own_lab, boto):
    lab = own_lab("healthy")
    client = elb(lab, boto)
    listener, group = listener_of(client, "HTTP")["ListenerArn"], group_of(client)
    fixed = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "418", "ContentType": "text/plain"}}
    to_group = [{"Type": "forward", "TargetGroupArn": group}]
    client.modify_listener(ListenerArn=listener, DefaultActions=[fixed])
    for priority, path in ((5, "/api/*"), (7, "/")):
        conditions = [{"Field": "path-pattern", "Values": [path]}]
        client.create_rule(ListenerArn=listener, Conditions=conditions, Priority=priority, Actions=to_group)
    found = [check for check in verify(lab).checks if check.entrance.listener == 80]
    assert [(c.entrance.rule, c.entrance.path, c.outcome) for c in found] == [
        ("5", "/api/", "verified"),
        ("7", "/", "verified"),
    ]
    assert [c.answer.tries[0][-1].status for c in found] == [404, 200]
    elsewhere = [check for check in verify(lab, verify_path="/docs").checks if check.entrance.listener == 80]
    assert [check.outcome for check in elsewhere] == ["elsewhere"]


def test_a_load_balancer_that_was_deleted(own_lab, boto):
    lab = own_lab("healthy")
    client = elb(lab, boto)
    client.delete_load_balancer(LoadBalancerArn=client.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"])
    found = verify(lab)
    assert (outcomes(found), found.exit_code) == ({"detached"}, ExitCode.BAD)


def test_a_service_without_a_load_balancer(own_lab, boto):
    lab = own_lab("healthy")
    ecs = boto("ecs", lab.endpoint_url)
    old = ecs.describe_services(cluster=CLUSTER, services=[SERVICE])["services"][0]
    ecs.create_service(
        cluster=CLUSTER,
        serviceName="worker",
        taskDefinition=old["taskDefinition"],
        desiredCount=0,
        launchType="FARGATE",
        networkConfiguration=old["networkConfiguration"],
    )
    found = verify(lab, service="worker")
    assert (outcomes(found), found.exit_code) == ({"no-balancer"}, ExitCode.COULD_NOT_LOOK)


@pytest.mark.parametrize(
    ("service", "action"),
    [("elbv2", "DescribeListeners"), ("elbv2", "DescribeTargetGroups"), ("elbv2", "DescribeRules")],
)
def test_what_may_not_be_read_is_never_good(own_lab, service, action):
    lab = own_lab("healthy")
    lab.faults([{"service": service, "action": action, "preset": "access-denied"}])
    found = verify(lab)
    assert found.exit_code is ExitCode.COULD_NOT_LOOK
    assert {unread.reason for unread in found.evidence.unreads} == {"access-denied"}
    assert {unread.action for unread in found.evidence.unreads} == {f"elasticloadbalancing:{action}"}


def test_a_network_load_balancer_is_asked_in_http_where_a_path_is_named(lab_of):
    lab = lab_of("long-draining")
    known = yaml.safe_load(lab.params.read_text())
    names = {"cluster": known["cluster"], "service": known["service"]}
    found = verify(lab, **names)
    assert (outcomes(found), found.exit_code) == ({"connected-there"}, ExitCode.COULD_NOT_LOOK)
    assert outcomes(verify(lab, **names, verify_path="/")) == {"verified"}


def test_it_reads_little(guide):
    found = verify(guide)
    assert sorted({call.operation for call in found.evidence.calls}) == [
        "ecs:DescribeServices",
        *(f"elbv2:Describe{name}" for name in ("Listeners", "LoadBalancers", "Rules", "TargetGroups", "TargetHealth")),
    ]
    assert (len(found.evidence.calls), found.evidence.rounds) == (7, 4)


def test_saved_evidence_cannot_be_asked(guide):
    with pytest.raises(ParameterError) as refused:
        verifying.verify(given(guide, evidence="saved.json"))
    assert refused.value.key == "verify-offline"
