"""The main job on the lab: the guide's incident is named, its mirror too, and a healthy service stays quiet."""

import pytest
from moto.server import ThreadedMotoServer

from runbook_lib.diagnosis.model import Outcome
from runbook_lib.errors import ExitCode, InputError, ParameterError
from runbook_lib.evidence.serialisation import dumps
from runbook_lib.look import look
from runbook_lib.parameters import Parameters, from_file, layered
from tests.conftest import CLUSTER, SERVICE, collection, given

GUIDE = {"deployments_overlapping", "health_check_path_mismatch", "image_tag_absent"}
LABELS = {"deployments-overlapping", "health-check-path-mismatch", "image-not-found"}


def causes(found) -> dict:
    return {v.rule: v for v in found.diagnosis.failed("cause")}


@pytest.mark.parametrize(("scenario", "side"), [("guide", "container"), ("guide-target-group", "target_group")])
def test_the_guides_causes_are_named_and_nothing_else(seen, scenario, side):
    found = seen(scenario)
    assert set(causes(found)) == GUIDE
    assert {v.label for v in causes(found).values()} == LABELS
    assert causes(found)["health_check_path_mismatch"].facts["side"] == side
    assert found.diagnosis.state == "stuck"
    assert found.exit_code is ExitCode.BAD


@pytest.mark.parametrize("scenario", ["guide", "guide-target-group"])
def test_the_guides_causes_are_confirmed_and_explain_every_symptom(seen, scenario):
    diagnosis = seen(scenario).diagnosis
    assert {v.confidence for v in diagnosis.failed("cause")} == {"confirmed"}
    assert all(set(v.explained_by) & GUIDE for v in diagnosis.failed("symptom"))
    assert all(v.cites for v in diagnosis.failed("cause"))


def test_the_local_file_adds_the_duplicate(guide):
    found = look(layered([from_file(guide.params)]))
    assert set(causes(found)) == GUIDE | {"secret_env_duplicate"}
    assert causes(found)["secret_env_duplicate"].facts["names"] == ["LANGSMITH_TRACING"]


def test_a_pasted_registration_error_names_the_duplicate(guide):
    message = (
        "Run aws ecs register-task-definition\nAn error occurred (ClientException) when calling the "
        "RegisterTaskDefinition operation: The secret name must be unique and not shared with any new or existing "
        "environment variables set on the container, such as 'LANGSMITH_TRACING'.\nsecret=hunter2"
    )
    found = look(given(guide, deploy_message=message))
    assert causes(found)["secret_env_duplicate"].facts["names"] == ["LANGSMITH_TRACING"]
    assert "hunter2" not in dumps(found.evidence)


def test_a_healthy_service_is_quiet(seen):
    found = seen("healthy")
    outcomes = [v.outcome for v in found.diagnosis.verdicts if v.role != "risk"]
    assert [v.rule for v in found.diagnosis.failed("risk")] == ["check_cannot_fail"]  # the guide's own command
    assert Outcome.FAIL not in outcomes
    assert Outcome.UNKNOWN not in outcomes
    assert found.diagnosis.state == "healthy"
    assert found.exit_code is ExitCode.GOOD


@pytest.mark.parametrize("scenario", ["guide", "guide-target-group", "healthy"])
def test_a_look_stays_in_its_budget(seen, scenario):
    evidence = seen(scenario).evidence
    assert len(evidence.calls) <= 30
    assert evidence.rounds <= 6
    assert scenario != "healthy" or evidence.rounds == 3


def test_all_seven_items_are_answered(seen):
    answers = {a.item: a.outcome for a in seen("guide").diagnosis.checklist}
    assert answers == {n: Outcome.PASS if n == 3 else Outcome.FAIL for n in range(1, 8)}


def test_saved_evidence_gives_the_same_verdicts_with_the_lab_stopped(seen, tmp_path):
    path = tmp_path / "evidence.json"
    path.write_text(dumps(seen("guide").evidence), encoding="utf-8")
    replayed = look(Parameters(evidence=str(path)))
    assert replayed.diagnosis == seen("guide").diagnosis


def test_a_saved_first_look_says_what_could_not_be_asked_any_more(guide, tmp_path):
    path = tmp_path / "first.json"
    path.write_text(dumps(collection(guide).first_look()), encoding="utf-8")
    replayed = look(Parameters(evidence=str(path)))
    assert {u.request.kind for u in replayed.evidence.unreads} == {
        "log_tail",
        "service_revisions",
        "compared_definition",
    }
    assert {u.reason for u in replayed.evidence.unreads} == {"not-asked"}
    assert causes(replayed)["health_check_path_mismatch"].confidence == "likely"


def test_looking_changes_nothing_and_reads_no_secret(own_lab):
    lab = own_lab("guide")
    look(given(lab))
    actions = {call["action"] for call in lab.calls()}
    assert all(action.startswith(("Describe", "List", "Get", "BatchGet")) for action in actions)
    assert not actions & {"GetSecretValue", "GetParameter", "GetParameters"}


@pytest.mark.parametrize("scenario", ["guide", "guide-target-group"])
def test_the_true_fix_makes_it_quiet(own_lab, scenario):
    lab = own_lab(scenario)
    lab.fix()
    lab.advance(60)
    young = look(given(lab)).diagnosis
    assert (young.state, young.failed("cause")) == ("deploying", ())
    assert all(v.explained_by or v.facts["superseded"] for v in young.failed("symptom"))
    lab.advance(1800)
    after = look(given(lab))
    assert (after.exit_code, after.diagnosis.state) == (ExitCode.GOOD, "healthy")


def test_stopping_the_task_alone_does_not(own_lab, boto):
    lab = own_lab("guide")
    ecs = boto("ecs", lab.endpoint_url)
    [task, *_] = ecs.list_tasks(cluster=CLUSTER, serviceName=SERVICE)["taskArns"]
    ecs.stop_task(cluster=CLUSTER, task=task)
    lab.advance(300)
    assert set(causes(look(given(lab)))) == GUIDE


@pytest.mark.parametrize("name", ["cluster", "service"])
def test_a_missing_name_is_asked_for_before_any_call(guide, name):
    before = len(guide.calls())
    with pytest.raises(ParameterError) as missing:
        look(given(guide, **{name: ""}))
    assert missing.value.facts == {"name": name}
    assert len(guide.calls()) == before


def test_a_task_definition_file_with_comments_is_refused_with_its_place(guide, tmp_path):
    path = tmp_path / "td.json"
    path.write_text('{\n  // comment\n  "family": "x"\n}', encoding="utf-8")
    with pytest.raises(InputError) as refused:
        look(given(guide, task_definition_file=str(path)))
    assert (refused.value.key, refused.value.facts["line"]) == ("file-not-json", 2)


@pytest.fixture(scope="module")
def moto():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


def test_an_aws_that_lacks_half_of_ecs_gives_no_crash_and_no_false_cause(moto, boto):
    ecs = boto("ecs", moto)
    ecs.create_cluster(clusterName=CLUSTER)
    container = {"name": "app", "image": "nginx", "memory": 128, "environment": [{"name": "A", "value": "1"}]}
    ecs.register_task_definition(family="app", containerDefinitions=[container])
    ecs.create_service(cluster=CLUSTER, serviceName=SERVICE, taskDefinition="app", desiredCount=1)
    found = look(
        Parameters(cluster=CLUSTER, service=SERVICE, region="ap-northeast-2", endpoint_url=moto, credentials="lab")
    )
    assert not found.diagnosis.failed("cause")
    assert found.exit_code is ExitCode.COULD_NOT_LOOK
    assert found.diagnosis.unknown
    assert "unsupported" in {u.reason for u in found.evidence.unreads}
