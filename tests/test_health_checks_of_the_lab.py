"""Why health checks fail, looked at in the lab: the cause is named by its label, and what is only slow is let be."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from runbook_lib.lab import Lab
from runbook_lib.look import Look, look
from runbook_lib.parameters import from_file, layered

BALANCER = {"IpProtocol": "tcp", "FromPort": 0, "ToPort": 65535}
CLOSE = {
    "call": "ec2.revoke_security_group_ingress",
    "with": {
        "GroupId": "${security_group}",
        "IpPermissions": [{**BALANCER, "UserIdGroupPairs": [{"GroupId": "${balancer_security_group}"}]}],
    },
}
DETACH = {
    "call": "elbv2.delete_load_balancer",
    "with": {"LoadBalancerArn": "${load_balancer:${service}}"},
}
ANSWERS = {"/": 200, "/health": 200}


def seen(lab: Lab) -> Look:
    return look(layered([from_file(lab.params)]))


def scenario(folder: Path, *steps: dict[str, Any], **app: Any) -> str:
    """A service whose revision 2 is deployed after these steps; ``app`` is what its application does."""
    made = {
        "extends": "_web",
        "description": {"ko": "연습", "en": "practice"},
        "applications": {"v2": {"routes": ANSWERS} | app},
        "steps": [
            {"call": "ecs.create_cluster", "with": {"clusterName": "${cluster}"}},
            {"call": "ecs.register_task_definition", "body": "v1"},
            {"call": "ecs.create_service", "body": "service"},
            {"pause": 1200},
            {"call": "ecs.register_task_definition", "body": "v2"},
            *steps,
            {"call": "ecs.update_service", "body": "newest"},
            {"pause": 600},
        ],
        "fix": [],
        "wrong_fix": [],
    }
    path = folder / "made.yaml"
    path.write_text(yaml.safe_dump(made, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return str(path)


CASES: dict[str, tuple[tuple[dict[str, Any], ...], dict[str, Any], tuple[str, str, str]]] = {
    "a closed security group": ((CLOSE,), {}, ("health_check_timeout", "lb-health-check-timeout", "blocked")),
    "an answer after 9 s": (
        (),
        {"routes": {"/health": {"status": 200, "after": 9}}},
        ("health_check_timeout", "lb-health-check-timeout", "slow"),
    ),
    "no load balancer": ((DETACH,), {}, ("target_group_detached", "target-group-misconfigured", "listener")),
    "a failing build": (
        (),
        {"routes": {"/health": 503}},
        ("health_check_code", "lb-health-check-code-mismatch", "application"),
    ),
    "another port": ((), {"port": 9000}, ("health_check_port", "load-balancer-health-check-failed", "listens")),
    "a start of 100 s": ((), {"starts_in": 100}, ("start_too_slow", "load-balancer-health-check-failed", "")),
}


@pytest.mark.parametrize(("steps", "app", "expected"), CASES.values(), ids=CASES)
def test_the_one_cause_is_named(own_lab: Callable[[str], Lab], tmp_path: Path, steps, app, expected):
    found = seen(own_lab(scenario(tmp_path, *steps, **app)))
    causes = [(v.rule, v.label, v.facts.get("kind", "")) for v in found.diagnosis.failed("cause")]
    assert causes == [expected]
    assert [v.rule for v in found.diagnosis.failed("symptom") if not v.explained_by] == []
    assert len(found.evidence.calls) <= 30


SURE = {
    "stacked-faults-path": ("health_check_code", "confirmed", "path"),
    "balancer-check-port": ("health_check_port", "confirmed", "port"),
    "bad-build-rolled-back": ("health_check_code", "confirmed", "application"),
    "slow-start-killed": ("start_too_slow", "likely", ""),
    "health-check-tool-missing": ("container_check_failing", "likely", "tool"),
}


@pytest.mark.parametrize("name", SURE)
def test_which_rule_tells_and_how_sure_it_is(own_lab: Callable[[str], Lab], name):
    [cause] = seen(own_lab(name)).diagnosis.failed("cause")
    assert (cause.rule, cause.confidence, cause.facts.get("kind", "")) == SURE[name]


def test_a_slow_start_within_its_grace_period_is_no_fault(own_lab: Callable[[str], Lab]):
    found = seen(own_lab("slow-start"))
    assert found.diagnosis.failed("cause") + found.diagnosis.failed("symptom") == ()
    assert found.exit_code in (0, 3)
    assert {v.rule: v.facts["reason"] for v in found.diagnosis.unknown} == {"health_check_unanswered": "in-grace"}
