"""What is printed as a fix is run as it is printed, by bash and the AWS CLI, and the service completes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from runbook_lib import runs
from runbook_lib.lab.hosting import Lab
from runbook_lib.look import look
from runbook_lib.parameters import from_file, layered
from runbook_lib.report import steps
from runbook_lib.report.blocks import Step

OWNER = "366590864501"
PROGRAMS = Path(sys.executable).parent


class Shell:
    """A person's shell in a folder: it runs what it is given, as one of the lab's accounts."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self.lab, self.folder = lab, folder
        self._keys = {"AWS_ACCESS_KEY_ID": "lab", "AWS_SECRET_ACCESS_KEY": "lab"}

    def __call__(self, command: str, keys: dict[str, str] | None = None) -> str:
        env = {"PATH": f"{PROGRAMS}:{os.environ['PATH']}", "HOME": str(self.folder), **(keys or self._keys)}
        done = subprocess.run(
            ["bash", "-ec", command], cwd=self.folder, env=env, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stderr}"
        return done.stdout

    def owner(self) -> dict[str, str]:
        """The credentials of the other account."""
        asked = f"aws sts assume-role --role-arn arn:aws:iam::{OWNER}:role/owner --role-session-name owner"
        given = json.loads(self(f"{asked} --region {self.lab.region} --endpoint-url {self.lab.endpoint_url}"))
        names = {
            "AccessKeyId": "ACCESS_KEY_ID",
            "SecretAccessKey": "SECRET_ACCESS_KEY",
            "SessionToken": "SESSION_TOKEN",
        }
        return {f"AWS_{name}": given["Credentials"][field] for field, name in names.items()}


@pytest.fixture
def started(own_lab: Callable[[str], Lab], tmp_path: Path) -> Iterator[Callable[[str], Shell]]:
    return lambda scenario: Shell(own_lab(scenario), tmp_path)


def printed(shell: Shell, rule: str = "") -> list[Step]:
    """The steps of the leading cause, or of this rule's."""
    given = layered([from_file(shell.lab.params)])
    found = look(given)
    causes = [v for v in found.diagnosis.failed("cause") if rule in ("", v.rule)]
    return steps.fix(causes[0], found.evidence, runs.context(given, found.evidence, "en"))


def one(found: list[Step], operation: str) -> str:
    """The first command with this operation."""
    return next(step.command for step in found if f" {operation}" in step.command)


def deployments(shell: Shell) -> list[dict[str, Any]]:
    target = from_file(shell.lab.params)
    cluster, service = target["cluster"][0], target["service"][0]
    asked = f"aws ecs describe-services --cluster {cluster} --services {service}"
    told = json.loads(shell(f"{asked} --region {shell.lab.region} --endpoint-url {shell.lab.endpoint_url}"))
    return list(told["services"][0]["deployments"])


def completes(shell: Shell, seconds: int = 1800) -> bool:
    for _ in range(0, seconds, 60):
        shell.lab.advance(60)
    return [d["rolloutState"] for d in deployments(shell)] == ["COMPLETED"] and deployments(shell)[0][
        "runningCount"
    ] > 0


def test_the_role_gets_its_policy_and_then_the_check_its_path(started):
    shell = started("stacked-faults-role")
    found = printed(shell, "execution_role_denied")
    shell(one(found, "attach-role-policy"))
    shell(one(found, "update-service"))
    shell.lab.advance(900)
    path = one(printed(shell, "health_check_code"), "modify-target-group")
    assert "PATH" in path
    shell(path.replace("PATH", "/health"))
    assert completes(shell)


def test_the_secret_gets_its_key(started):
    shell = started("secret-key-missing")
    found = printed(shell)
    shell(one(found, "get-secret-value"))
    file = shell.folder / "secret.json"
    value = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps(value | {"app_definition_id": "c3"}), encoding="utf-8")
    shell(one(found, "put-secret-value"))
    shell(one(found, "update-service"))
    assert completes(shell)
    assert set(value) == {"client_id", "client_secret"}


def test_a_secret_that_was_no_json_becomes_it(started):
    shell = started("secret-not-json")
    found = printed(shell)
    shell(one(found, "get-secret-value"))
    file = shell.folder / "secret.json"
    file.write_text(json.dumps({"token": file.read_text(encoding="utf-8").strip()}), encoding="utf-8")
    shell(one(found, "put-secret-value"))
    shell(one(found, "update-service"))
    assert completes(shell)


def test_the_owner_shares_the_repository(started):
    shell = started("registry-forbidden")
    found = printed(shell)
    shell(one(found, "set-repository-policy"), keys=shell.owner())
    shell(one(found, "update-service"))
    assert completes(shell)


def test_a_zone_with_room_is_added(started):
    shell = started("no-capacity")
    shell(one(printed(shell), "update-service"))
    assert completes(shell)
