"""Secrets planted wherever AWS, files, logs, parameters and the environment can hold one, and every command run.

None of them is in any byte that was written or printed; tags of 40 digits, ARNs and digests are. AWS was only read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from runbook_lib import lab as labs
from runbook_lib.evidence.serialisation import dumps
from runbook_lib.lab.hosting import Lab
from runbook_lib.look import look
from tests import in_process
from tests.command import ecs_runbook
from tests.conftest import CLUSTER, SERVICE, given

pytestmark = pytest.mark.xdist_group("safety")

ROOT = Path(__file__).parents[2]
SECRET = "hunter2Zq9"
SIGNED = (
    f"https://ci:{SECRET}@layers.s3.amazonaws.com/x?X-Amz-Signature={SECRET}&X-Amz-Security-Token={SECRET}#{SECRET}"
)
TAG = "bfea2cf646ba4eb2b4f0e07661b6de2fef444f75"
LOG = (
    f"export AWS_SECRET_ACCESS_KEY={SECRET}\nAn error occurred (ClientException) when calling the "
    "RegisterTaskDefinition operation: The secret name must be unique and not shared with any new or existing "
    f"environment variables set on the container, such as 'LANGSMITH_TRACING'. key={SECRET}\n"
    f"Authorization: Bearer {SECRET}\n{SIGNED}\n"
)
CHECK = (
    f"TOKEN={SECRET} curl -fsH 'X-Key: {SECRET}' -u admin:{SECRET} "
    f"'http://u:{SECRET}@localhost:8000/health?token={SECRET}' || exit 1"
)


def pairs(*names: str) -> list[dict[str, str]]:
    return [{"key": name, "value": SECRET} for name in names]


def plant_in_definition(container: dict[str, Any]) -> dict[str, Any]:
    """Every field of a container that can hold a value of the user's."""
    log = container["logConfiguration"]
    return container | {
        "environment": [{"name": "TOKEN", "value": SECRET}, {"name": "URL", "value": SIGNED}],
        "command": ["serve", "--key", SECRET],
        "entryPoint": ["sh", "-c", f"KEY={SECRET} exec $0"],
        "dockerLabels": {"token": SECRET},
        "healthCheck": {"command": ["CMD-SHELL", CHECK], "interval": 30, "timeout": 5, "retries": 3},
        "logConfiguration": log | {"options": log["options"] | {"awslogs-datetime-format": SECRET}},
    }


def plant_in_lab(lab: Lab, client: Callable[[str], Any]) -> None:
    """A new revision full of secrets is deployed, and the rest of the account holds some too."""
    ecs, elbv2, logs = client("ecs"), client("elbv2"), client("logs")
    told = ecs.describe_task_definition(taskDefinition="momentir-cx-llm:2")["taskDefinition"]
    kept = ("family", "networkMode", "requiresCompatibilities", "cpu", "memory", "executionRoleArn")
    [container] = told["containerDefinitions"]
    side = {
        "name": "side",
        "image": container["image"],
        "essential": False,
        "environment": [{"name": "K", "value": SECRET}],
    }
    side["logConfiguration"] = {"logDriver": "splunk", "options": {"splunk-token": SECRET, "splunk-url": SIGNED}}
    planted = [plant_in_definition(container), side]
    ecs.register_task_definition(**{k: told[k] for k in kept}, containerDefinitions=planted, tags=pairs("token"))
    ecs.update_service(cluster=CLUSTER, service=SERVICE, taskDefinition="momentir-cx-llm:4")
    [group] = elbv2.describe_target_groups()["TargetGroups"]
    elbv2.modify_target_group(TargetGroupArn=group["TargetGroupArn"], HealthCheckPath=f"/health?token={SECRET}")
    elbv2.add_tags(ResourceArns=[group["TargetGroupArn"]], Tags=[{"Key": "token", "Value": SECRET}])
    client("secretsmanager").update_secret(SecretId="momentir/cx-llm/langsmith-tracing", SecretString=SECRET)
    client("ssm").put_parameter(Name="/token", Value=SECRET, Type="SecureString")
    lab.advance(420)
    plant_in_logs(lab, logs)


def plant_in_logs(lab: Lab, logs: Any) -> None:
    """Access logs with a token in the query, and an application that prints its password."""
    for stream in logs.describe_log_streams(logGroupName="/ecs/momentir-cx-llm")["logStreams"]:
        lines = [f'10.0.0.9 - "GET /health?token={SECRET} HTTP/1.1" 404', f"password is {SECRET}"]
        events = [{"timestamp": int(lab.now * 1000), "message": line} for line in lines]
        logs.put_log_events(
            logGroupName="/ecs/momentir-cx-llm", logStreamName=stream["logStreamName"], logEvents=events
        )


def plant_in_answers(lab: Lab, ecs: Any) -> None:
    """What only ECS itself writes: reasons and events with signed URLs in them, overrides and tags."""
    services = ecs.describe_services(cluster=CLUSTER, services=[SERVICE])
    [service] = services["services"]
    service["events"][0]["message"] += f" {SIGNED}"
    service["deployments"][0]["rolloutStateReason"] = f"ECS deployment failed ({SIGNED})"
    service["tags"] = pairs("token")
    arns = [
        arn
        for status in ("RUNNING", "STOPPED")
        for arn in ecs.list_tasks(cluster=CLUSTER, serviceName=SERVICE, desiredStatus=status)["taskArns"]
    ]
    tasks = ecs.describe_tasks(cluster=CLUSTER, tasks=arns)
    overrides = {"containerOverrides": [{"name": "momentir-cx-llm", "command": [SECRET], "environment": pairs("a")}]}
    for task in tasks["tasks"]:
        task |= {"overrides": overrides, "tags": pairs("token")}
        task["stoppedReason"] = task.get("stoppedReason", "") + f" Get {SIGNED}: EOF"
        task["containers"][0]["reason"] = f"CannotPull: '{SIGNED}'"
    answers = {"DescribeServices": services, "DescribeTasks": tasks}
    lab.faults([{"service": "ecs", "action": name, "body": as_sent(answer)} for name, answer in answers.items()])


def as_sent(answer: dict[str, Any]) -> str:
    """An answer as ECS sends it: times as seconds."""
    told = {name: value for name, value in answer.items() if name != "ResponseMetadata"}
    return json.dumps(told, default=lambda when: when.timestamp())


@dataclass(frozen=True)
class Ran:
    """What every command has printed and written, and the calls that AWS got meanwhile."""

    printed: dict[str, str]
    written: dict[str, bytes]
    calls: list[dict[str, Any]]

    def holders(self, text: str) -> list[str]:
        """Whatever holds a text."""
        found = [name for name, printed in self.printed.items() if text in printed]
        return found + [name for name, written in self.written.items() if text.encode() in written]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    """Every command that reads, run against a lab full of secrets."""
    folder = tmp_path_factory.mktemp("ran")
    made: list[Any] = []

    def client(service: str) -> Any:
        keys = {"aws_access_key_id": "lab", "aws_secret_access_key": "lab"}
        made.append(boto3.client(service, endpoint_url=lab.endpoint_url, region_name=lab.region, **keys))
        return made[-1]

    with labs.start("guide", folder=tmp_path_factory.mktemp("lab")) as lab:
        plant_in_lab(lab, client)
        plant_in_answers(lab, client("ecs"))
        lab.forget_calls()
        printed = run_everything(lab, folder)
        for used in made:
            used.close()
        yield Ran(printed, {str(p.relative_to(folder)): p.read_bytes() for p in written(folder)}, lab.calls())


def written(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def run_everything(lab: Lab, folder: Path) -> dict[str, str]:
    """Every command once; the keys come from the environment and from a profile, as they do for users."""
    profiles = lab.params.parent / "credentials"
    profiles.write_text(f"[ci]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = {SECRET}\n", encoding="utf-8")
    definition = json.loads((lab.params.parent / "aws" / "task-definition.json").read_text())
    definition["containerDefinitions"] = [plant_in_definition(c) for c in definition["containerDefinitions"]]
    parameters = lab.params.parent / "given.yaml"
    file = lab.params.parent / "task.json"
    file.write_text(json.dumps(definition | {"tags": pairs("token"), "_comment": SECRET}), encoding="utf-8")
    parameters.write_text(
        json.dumps(
            {"cluster": CLUSTER, "service": SERVICE, "region": lab.region, "endpoint_url": lab.endpoint_url}
            | {"task_definition_file": str(file), "deploy_message": LOG, "outputs": str(folder / "outputs")}
        ),
        encoding="utf-8",
    )
    keys = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_SESSION_TOKEN": SECRET}
    profile = {"AWS_SHARED_CREDENTIALS_FILE": str(profiles), "AWS_PROFILE": "ci"}
    saved = folder / "saved.json"

    def command(*arguments: object, **environment: str) -> str:
        done = ecs_runbook(*arguments, "--params", parameters, "--lang", "en", **environment)
        return done.stdout + done.stderr

    first = command("diagnose", "--json", "--save", saved, **keys)
    replay = ("--evidence", saved)
    with ThreadPoolExecutor(2) as pool:
        runs = {
            "diagnose": pool.submit(command, "diagnose", **profile),
            "report": pool.submit(command, "report", **keys),
            "commands": pool.submit(command, "commands", *replay),
            "commands --json": pool.submit(command, "commands", "--json"),
        }
    printed = {"diagnose --json": first} | {name: run.result() for name, run in runs.items()}
    return printed | run_notebooks(parameters, keys, replay)


def run_notebooks(parameters: Path, keys: dict[str, str], replay: tuple[object, ...]) -> dict[str, str]:
    """The notebooks with the keys in the environment: as commands run them, and what plain papermill leaves of them."""

    def notebook(name: str) -> str:
        told = json.loads(parameters.read_text(encoding="utf-8"))
        return json.dumps(
            in_process.executed(ROOT / "notebooks" / f"{name}.ipynb", parameters.parent / f"{name}.ipynb", **told)
        )

    with pytest.MonkeyPatch.context() as patch:
        for key, value in keys.items():
            patch.setenv(key, value)
        told = ("--params", parameters, "--lang", "en")
        return {
            "run 10": in_process.command("run", "10_diagnose", *told)[1],
            "run 90": in_process.command("run", "90_postmortem", *told, *replay)[1],
            "papermill 10": notebook("10_diagnose"),
            "papermill 90": notebook("90_postmortem"),
        }


def test_no_secret_is_in_anything_printed_or_written(ran):
    assert ran.holders(SECRET) == []


def test_everything_ran_and_left_what_it_should(ran):
    assert {name: printed for name, printed in ran.printed.items() if "Traceback" in printed} == {}
    names = {Path(name).name for name in ran.written}
    assert {"evidence.json", "verdicts.json", "report.ipynb", "report.ko.html", "report.en.html"} <= names
    assert {"manifest.json", "saved.json"} <= names
    assert any("/journal/" in name for name in ran.written)


@pytest.mark.parametrize(
    "kept",
    [
        TAG,
        ":secret:momentir/cx-llm/langsmith-tracing",
        ":task-definition/momentir-cx-llm:4",
        "LANGSMITH_TRACING",
        "layers.s3.amazonaws.com/x?***",
        "curl",
    ],
)
def test_what_identifies_a_thing_survives(ran, kept):
    assert "saved.json" in ran.holders(kept)


def test_tags_and_digests_survive_wherever_they_are_shown(ran):
    shown = ran.holders(TAG)
    assert {"diagnose", "diagnose --json", "papermill 10", "papermill 90", "commands"} <= set(shown)
    assert {Path(name).name for name in shown} >= {"report.ko.html", "report.en.html", "report.ipynb", "verdicts.json"}
    assert re.search(rb"sha256:[0-9a-f]{64}", ran.written["saved.json"])


def test_of_logs_the_asked_paths_and_their_codes_are_all_that_is_kept(own_lab, boto):
    lab = own_lab("guide")
    plant_in_logs(lab, boto("logs", lab.endpoint_url))
    evidence = look(given(lab)).evidence
    assert [
        row["status"] for r in evidence.all("log_tail") for row in r.data["requests"] if row["client"] == "10.0.0.9"
    ]
    assert SECRET not in dumps(evidence)


# What a read is, said without our own table: by the verbs of AWS's APIs, but for those whose answer is a secret.
READ = re.compile(r"(?:List|Describe|Get|BatchGet)[A-Z]\w*")
VALUE = re.compile(
    r"(?:Batch)?GetSecretValue|GetParameters?(?:ByPath|History)?|GetAuthorizationToken|GetLoginPassword|GetObject\w*"
    r"|GetSessionToken|GetFederationToken|GetRoleCredentials|GetPasswordData|GetRandomPassword|Decrypt|GenerateDataKey\w*"
)


def test_aws_was_only_read_and_never_asked_for_a_secret(ran):
    asked = {f"{call['service']}:{call['action']}" for call in ran.calls}
    assert len(ran.calls) > 5 * 12
    assert [name for name in asked if not READ.fullmatch(name.partition(":")[2])] == []
    assert [name for name in asked if VALUE.fullmatch(name.partition(":")[2])] == []
    assert {name.partition(":")[0] for name in asked} <= {"ecs", "ecr", "elbv2", "logs", "secretsmanager", "ssm"}


@pytest.mark.parametrize(
    "address", [f"http://ci:{SECRET}@127.0.0.1:1", f"http://127.0.0.1:1/?k={SECRET}", f"x://{SECRET}"]
)
@pytest.mark.parametrize("command", ["diagnose", "commands", "report"])
def test_an_endpoint_with_a_password_is_refused_and_not_repeated(tmp_path, command, address):
    about = ("-p", "cluster=a", "-p", "service=b", "-p", "region=eu-west-1", "-p", f"outputs={tmp_path}")
    done = ecs_runbook(command, *about, "--endpoint-url", address, "--lang", "en")
    assert (done.returncode, SECRET in done.stdout + done.stderr, written(tmp_path)) == (2, False, [])
