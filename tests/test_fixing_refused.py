"""What is refused before anything changes: wrong, stale and open plans, missing permissions, what is gone by now."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from runbook_lib import fixing
from runbook_lib import lab as labs
from runbook_lib.applying import Step
from runbook_lib.archive import journal
from runbook_lib.aws.session import Access, ChangeSession
from runbook_lib.errors import RunbookError, SafetyError
from runbook_lib.lab.hosting import Lab
from tests.lab_fixing import Start, changing, client, given, service

NEEDED = {
    "ecs:RegisterTaskDefinition": ["ecs:RegisterTaskDefinition"],
    "ecs:UpdateService": ["ecs:UpdateService"],
    "ecs:StopTask": ["ecs:StopTask"],
    "iam:PassRole": ["iam:PassRole"],
    "two of them": ["iam:PassRole", "ecs:UpdateService"],
}


@pytest.fixture(autouse=True)
def _at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECS_RUNBOOK_HOME", str(tmp_path))


def refused(lab: Lab, digest: str, **asked: object) -> RunbookError:
    """The refusal of an apply, which changed nothing."""
    with pytest.raises(RunbookError) as caught:
        fixing.apply(given(lab, **asked), digest)
    assert changing(lab) == []
    return caught.value


def test_a_digest_that_no_plan_has_is_refused(own_lab: Start) -> None:
    lab = own_lab("guide")
    fixing.plan(given(lab))
    assert refused(lab, "0123456789ab").key == "plan-unknown"


def test_a_plan_of_another_service_is_refused_by_its_name(own_lab: Start, tmp_path: Path) -> None:
    lab = own_lab("guide")
    digest = fixing.plan(given(lab)).plan.digest
    with labs.start("balancer-check-port", folder=tmp_path / "other") as other:
        error = refused(other, digest)
    assert (error.key, error.facts["service"]) == (
        "plan-elsewhere",
        "momentir-cx-llm-cluster/momentir-cx-llm-service",
    )


def test_a_plan_with_open_choices_is_refused(own_lab: Start) -> None:
    lab = own_lab("guide")
    planned = fixing.plan(given(lab, suggested=False))
    assert not planned.plan.ready
    error = refused(lab, planned.plan.digest)
    assert (error.key, error.facts["open"]) == ("plan-open", "way, image, side")


def _deploy(lab: Lab) -> None:
    with closing(client(lab, "ecs")) as ecs:
        ecs.update_service(cluster=lab.scenario.cluster, service=lab.scenario.service, forceNewDeployment=True)
    lab.forget_calls()


def _edit_file(lab: Lab) -> None:
    file = Path(given(lab).task_definition_file)
    file.write_text(file.read_text("utf-8").replace('"512"', '"1024"'), "utf-8")


def _untag(lab: Lab) -> None:
    with closing(client(lab, "ecr")) as ecr:
        newest = {"imageTag": "bfea2cf646ba4eb2b4f0e07661b6de2fef444f75"}
        ecr.batch_delete_image(repositoryName="momentir-cx-llm", imageIds=[newest])
    lab.forget_calls()


STALE: dict[str, tuple[Callable[[Lab], None], str]] = {
    "another deployment": (_deploy, "deployment"),
    "the file was edited": (_edit_file, "sha256"),
}


@pytest.mark.parametrize("name", STALE)
def test_a_stale_plan_is_refused_with_what_changed(own_lab: Start, name: str) -> None:
    change, what = STALE[name]
    lab = own_lab("guide")
    digest = fixing.plan(given(lab)).plan.digest
    change(lab)
    error = refused(lab, digest)
    assert (error.key, error.facts["what_key"]) == ("plan-stale", f"errors.changed.{what}")


def test_an_image_that_was_deleted_since_is_refused(own_lab: Start) -> None:
    lab = own_lab("guide")
    digest = fixing.plan(given(lab)).plan.digest
    _untag(lab)
    assert refused(lab, digest).key in ("image-unknown", "choice-unknown", "plan-stale")


@pytest.mark.parametrize("name", NEEDED)
def test_a_missing_permission_is_named_before_the_first_step(own_lab: Start, name: str) -> None:
    lab = own_lab("guide")
    digest = fixing.plan(given(lab)).plan.digest
    statements = [{"Effect": "Allow", "NotAction": NEEDED[name], "Resource": "*"}]
    lab.permit({"Version": "2012-10-17", "Statement": statements})
    error = refused(lab, digest)
    assert (error.key, error.facts["actions"]) == ("permission-missing", ", ".join(NEEDED[name]))


def test_permissions_that_cannot_be_checked_are_not_taken_for_given(own_lab: Start) -> None:
    lab = own_lab("guide")
    digest = fixing.plan(given(lab)).plan.digest
    statements = [{"Effect": "Allow", "NotAction": "iam:SimulatePrincipalPolicy", "Resource": "*"}]
    lab.permit({"Version": "2012-10-17", "Statement": statements})
    error = refused(lab, digest)
    assert (error.key, error.exit_code) == ("permissions-unread", 3)
    assert fixing.apply(given(lab, check_permissions=False), digest).good


def test_without_the_check_a_refusal_stops_the_plan_and_is_on_record(own_lab: Start) -> None:
    lab = own_lab("guide")
    digest = fixing.plan(given(lab)).plan.digest
    statements = [{"Effect": "Allow", "NotAction": "ecs:UpdateService", "Resource": "*"}]
    lab.permit({"Version": "2012-10-17", "Statement": statements})
    done = fixing.apply(given(lab, check_permissions=False), digest)
    assert [step.outcome for step in done.steps] == ["done", "done", "failed"]
    assert done.steps[-1].facts["code"] == "AccessDeniedException"
    assert [change.kind for change in done.left] == ["update-service", "stop-task"]
    lab.permit(None)
    assert fixing.apply(given(lab), digest).good, "and it is gone on with"
    assert changing(lab) == ["RegisterTaskDefinition", "UpdateService", "StopTask"]


def test_throttling_is_waited_out(own_lab: Start) -> None:
    lab = own_lab("balancer-check-port")
    digest = fixing.plan(given(lab)).plan.digest
    lab.faults([{"preset": "throttling", "changes": True, "times": 1}])
    assert fixing.apply(given(lab), digest).good
    assert changing(lab) == ["ModifyTargetGroup"]


def test_a_service_that_was_deleted_since_is_refused(own_lab: Start) -> None:
    lab = own_lab("guide")
    digest = fixing.plan(given(lab)).plan.digest
    with closing(client(lab, "ecs")) as ecs:
        ecs.delete_service(cluster=lab.scenario.cluster, service=lab.scenario.service, force=True)
    lab.advance(600)
    lab.forget_calls()
    assert isinstance(refused(lab, digest), RunbookError)


def test_a_service_that_is_deleted_in_the_middle_stops_the_plan(own_lab: Start) -> None:
    lab = own_lab("guide")
    digest = fixing.plan(given(lab)).plan.digest

    def told(step: Step) -> None:
        if step.change.kind == "register":
            with closing(client(lab, "ecs")) as ecs:
                ecs.delete_service(cluster=lab.scenario.cluster, service=lab.scenario.service, force=True)
            lab.advance(600)

    done = fixing.apply(given(lab), digest, told)
    assert [step.outcome for step in done.steps] == ["done", "done", "gone"]


def test_nothing_to_fix_is_no_plan(own_lab: Start) -> None:
    planned = fixing.plan(given(own_lab("healthy")))
    assert (planned.plan.changes, planned.plan.by_hand, planned.plan.choices) == ((), (), ())


def test_a_revision_that_was_deregistered_is_not_gone_back_to(own_lab: Start) -> None:
    lab = own_lab("secret-not-json")
    with closing(client(lab, "ecs")) as ecs:
        ecs.deregister_task_definition(taskDefinition=f"{lab.scenario.service}:1")
    planned = fixing.plan(given(lab))
    assert (planned.plan.changes, planned.plan.by_hand) == ((), ("task_start_failed",))


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("{\n  // a comment\n}", "file-json-comment"),
        ('{"containerDefinitions": [],\n}', "file-json-trailing-comma"),
        ("nothing", "file-not-json"),
        ('{"family": "a", "family": "b"}', "file-json-duplicate-key"),
    ],
)
def test_a_file_that_cannot_be_edited_is_refused_with_its_line(own_lab: Start, text: str, key: str) -> None:
    lab = own_lab("guide")
    Path(given(lab).task_definition_file).write_text(text, "utf-8")
    with pytest.raises(RunbookError) as caught:
        fixing.plan(given(lab))
    assert caught.value.key == key
    assert caught.value.facts["line"] >= 1


def test_a_file_as_describe_prints_it_is_edited_and_registered(own_lab: Start) -> None:
    lab = own_lab("guide")
    file = Path(given(lab).task_definition_file)
    document = json.loads(file.read_text("utf-8"))
    shown = {
        "taskDefinition": {**document, "status": "ACTIVE", "revision": 3, "registeredAt": 1, "compatibilities": []}
    }
    file.write_text(json.dumps(shown, indent=4).replace("\n", "\r\n"), "utf-8", newline="")
    done = fixing.apply(given(lab), fixing.plan(given(lab)).plan.digest)
    assert done.good
    assert b"\r\n" in file.read_bytes()
    assert service(lab)["taskDefinition"].endswith(":4")


def test_no_record_no_change(own_lab: Start) -> None:
    lab = own_lab("guide")
    digest = fixing.plan(given(lab, incident_id="none")).plan.digest
    assert refused(lab, digest, incident_id="none").key == "apply-unrecorded"


def test_a_plan_that_was_edited_on_disk_is_no_plan(own_lab: Start) -> None:
    lab = own_lab("balancer-check-port")
    planned = fixing.plan(given(lab))
    assert planned.incident
    [entry] = (planned.incident / journal.FOLDER).glob("*-plan-*.json")
    entry.write_text(entry.read_text("utf-8").replace("traffic-port", "9999"), "utf-8")
    assert refused(lab, planned.plan.digest).key == "plan-unknown"


def test_a_change_session_needs_an_approval_and_cannot_read(own_lab: Start) -> None:
    lab = own_lab("healthy")
    access = Access(lab.region, endpoint_url=lab.endpoint_url, credentials="lab")
    with pytest.raises(SafetyError):
        ChangeSession(access, "")
    ecs = ChangeSession(access, "0123456789ab").client("ecs")
    with pytest.raises(SafetyError):
        ecs.list_clusters()
    with pytest.raises(SafetyError):
        ecs.delete_service(service="x")


def test_a_plan_that_was_taken_back_is_not_begun_again(own_lab: Start) -> None:
    lab = own_lab("guide")
    digest = fixing.plan(given(lab)).plan.digest
    fixing.apply(given(lab), digest)
    fixing.apply(given(lab), fixing.plan_undo(given(lab)).plan.digest)
    lab.forget_calls()
    assert refused(lab, digest).key == "plan-overtaken"


def test_an_undo_leaves_what_somebody_deployed_since(own_lab: Start) -> None:
    lab = own_lab("guide")
    fixing.apply(given(lab), fixing.plan(given(lab)).plan.digest)
    with closing(client(lab, "ecs")) as ecs:
        names = {"cluster": lab.scenario.cluster, "service": lab.scenario.service}
        ecs.update_service(**names, taskDefinition="momentir-cx-llm:1")
    planned = fixing.plan_undo(given(lab))
    assert [change.kind for change in planned.plan.changes] == ["deregister", "restore-file"]


def test_an_undo_of_a_file_that_was_edited_since_changes_nothing(own_lab: Start) -> None:
    lab = own_lab("guide")
    fixing.apply(given(lab), fixing.plan(given(lab)).plan.digest)
    _edit_file(lab)
    lab.forget_calls()
    with pytest.raises(SafetyError) as caught:
        fixing.plan_undo(given(lab))
    assert (caught.value.key, caught.value.facts["change"]) == ("plan-overtaken", "restore-file")


def test_what_cannot_be_read_back_is_not_said_to_have_failed(own_lab: Start) -> None:
    lab = own_lab("balancer-check-port")
    digest = fixing.plan(given(lab)).plan.digest
    rules = [
        {"preset": "lost-answer", "service": "elbv2", "action": "ModifyTargetGroup"},
        {"preset": "reset", "service": "elbv2", "action": "DescribeTargetGroups", "nth": [4, 5, 6]},
    ]
    lab.faults(rules)
    done = fixing.apply(given(lab), digest)
    assert [step.outcome for step in done.steps] in (["unread"], ["done"])


def test_a_file_of_another_family_is_refused(own_lab: Start) -> None:
    lab = own_lab("guide")
    file = Path(given(lab).task_definition_file)
    file.write_text(file.read_text("utf-8").replace('"momentir-cx-llm",', '"other",', 1), "utf-8")
    with pytest.raises(RunbookError) as caught:
        fixing.plan(given(lab))
    assert caught.value.key == "file-other-family"


def test_a_record_that_cannot_be_written_in_the_middle_stops_the_plan_and_is_said(own_lab: Start) -> None:
    lab = own_lab("guide")
    planned = fixing.plan(given(lab))
    assert planned.incident
    folder = planned.incident / journal.FOLDER

    def told(step: Step) -> None:
        if step.change.kind == "register":
            folder.rename(folder.with_name("elsewhere"))
            folder.touch()

    done = fixing.apply(given(lab), planned.plan.digest, told)
    assert [(step.outcome, step.facts.get("code")) for step in done.steps][-1] == ("failed", "unrecorded")
    assert changing(lab) == ["RegisterTaskDefinition"]
