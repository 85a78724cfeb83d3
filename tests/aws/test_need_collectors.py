"""What a task needs is read on the lab by existence alone, and of its log known sentences."""

import json
from datetime import UTC, datetime

import pytest

from runbook_lib.aws.collect import ALL_CALLS
from runbook_lib.aws.need_collectors import COLLECTORS
from runbook_lib.diagnosis.engine import judge
from runbook_lib.evidence.model import Evidence, Target, request
from runbook_lib.evidence.serialisation import dumps, loads
from runbook_lib.look import look
from tests.conftest import CLUSTER, SERVICE, collection, given

VALUE = "hunter2-value"


def read(lab, *wishes):
    """The evidence of one look for these wishes alone."""
    blank = Evidence(Target("c", "s", lab.region), datetime.now(UTC))
    return collection(lab).deeper(blank, wishes)


def one(lab, wish):
    return read(lab, wish).data(wish.kind)


@pytest.fixture
def stored(own_lab, boto):
    lab = own_lab("healthy")
    secrets, parameters = boto("secretsmanager", lab.endpoint_url), boto("ssm", lab.endpoint_url)
    kept = secrets.create_secret(Name="kept", SecretString=VALUE, Tags=[{"Key": "a", "Value": VALUE}])["ARN"]
    gone = secrets.create_secret(Name="gone", SecretString=VALUE)["ARN"]
    secrets.delete_secret(SecretId="gone")
    empty = secrets.create_secret(Name="empty")["ARN"]
    for name in ("/app/key", "plain"):
        parameters.put_parameter(Name=name, Value=VALUE, Type="SecureString", Description=VALUE)
    return lab, {"kept": kept, "gone": gone, "empty": empty, "none": f"{kept[:-11]}none-Ab12Cd"}


def test_a_secret_is_there_deleted_empty_or_not_there(stored):
    lab, arns = stored
    found = {name: one(lab, request("secret", id=arn, region=lab.region)) for name, arn in arns.items()}
    assert set(found["kept"]) <= {"Name", "ARN", "KmsKeyId", "VersionIdsToStages"}
    assert ["AWSCURRENT"] in found["kept"]["VersionIdsToStages"].values()
    assert found["gone"]["DeletedDate"]
    assert not found["empty"].get("VersionIdsToStages")
    assert found["none"] == {}


def test_parameters_that_there_are(stored):
    lab, _ = stored
    asked = request("parameter", names="/app/key,/app/other,plain", region=lab.region)
    found = sorted(one(lab, asked), key=lambda each: each["Name"])
    assert found == [{"Name": "/app/key", "Type": "SecureString"}, {"Name": "plain", "Type": "SecureString"}]


def test_no_value_is_asked_for_or_kept(stored):
    lab, arns = stored
    wishes = [request("secret", id=arn, region=lab.region) for arn in arns.values()]
    evidence = read(lab, *wishes, request("parameter", names="/app/key", region=lab.region))
    assert VALUE not in dumps(evidence)
    assert {call["action"] for call in lab.calls()} & {"GetSecretValue", "GetParameter", "GetParameters"} == set()


class Pages:
    """A reader whose answers are these, one after another."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []

    def call(self, *names, **parameters):
        self.asked.append(parameters)
        return self.answers.pop(0)


EMPTY = {"Parameters": [], "NextToken": "t"}
PAGED = {
    "on the second page": ([EMPTY, {"Parameters": [{"Name": "/a", "Type": "String"}]}], ["/a"], False),
    "on none": ([EMPTY, {"Parameters": []}], [], False),
    "without end": ([EMPTY] * 9, [], True),
}


@pytest.mark.parametrize(("answers", "names", "partial"), PAGED.values(), ids=PAGED)
def test_a_page_may_be_empty_and_not_the_last(answers, names, partial):
    reader = Pages(*answers)
    data, more = COLLECTORS["parameter"].read(reader, None, request("parameter", names="/a", region="eu-west-1"))
    assert ([each["Name"] for each in data], more) == (names, partial)
    assert all(asked.get("NextToken") == "t" for asked in reader.asked[1:])


def test_a_log_group_is_the_one_of_exactly_that_name(own_lab, boto):
    arm = own_lab("arm-image-index")
    boto("logs", arm.endpoint_url).create_log_group(logGroupName="/ecs/temporal-worker-2")
    there = request("log_group", group="/ecs/temporal-worker", region=arm.region)
    not_there = request("log_group", group="/ecs/temporal", region=arm.region)
    evidence = read(arm, there, not_there)
    assert [r.data for r in evidence.all("log_group")] == [[{"logGroupName": "/ecs/temporal-worker"}], []]


def test_of_an_index_the_platforms_are_kept_and_of_a_manifest_nothing(own_lab):
    arm = own_lab("arm-image-index")
    where = {"registry": arm.account, "region": arm.region, "repository": "temporal-worker"}
    found = one(arm, request("image_platforms", tags="v1,v2", **where))
    assert [(each["imageId"]["imageTag"], each["index"], each["platforms"]) for each in found] == [
        ("v1", False, []),
        ("v2", True, [{"os": "linux", "architecture": "arm64"}]),
    ]
    assert {key for each in found for key in each} == {"imageId", "index", "platforms"}


def test_of_a_log_known_sentences_are_kept(own_lab, boto):
    lab = own_lab("arm-image-single")
    logs = boto("logs", lab.endpoint_url)
    stream = {"logGroupName": "/ecs/streamlit", "logStreamName": "ecs/streamlit/mine"}
    logs.create_log_stream(**stream)
    lines = ["exec /usr/local/bin/streamlit: exec format error", f"token {VALUE}", "KeyError: 'DATABASE_URL'"]
    now = int(lab.now * 1000)
    logs.put_log_events(**stream, logEvents=[{"timestamp": now, "message": line} for line in lines])
    wish = request("log_lines", group="/ecs/streamlit", region=lab.region, stream="ecs/streamlit/mine")
    evidence = read(lab, wish)
    [found] = evidence.all("log_lines")
    assert found.data["lines"] == 3
    assert [(each["sign"], each.get("name")) for each in found.data["sentences"]] == [
        ("exec-format", None),
        ("variable-missing", "DATABASE_URL"),
    ]
    assert VALUE not in dumps(evidence)


SCENARIOS = {
    "ssm-path-empty": ("secret_absent", "secret-not-found"),
    "arm-image-index": ("image_platform_mismatch", "image-platform-mismatch"),
    "arm-image-single": ("application_exited", "container-exec-format"),
    "secret-key-missing": ("task_start_failed", "secret-not-found"),
    "secret-not-json": ("task_start_failed", "secret-not-found"),
}


def blanked(tree):
    """Evidence without what ECS says in words."""
    if isinstance(tree, dict):
        texts = ("stoppedReason", "reason", "message", "rolloutStateReason", "statusReason")
        return {k: "" if k in texts and isinstance(v, str) else blanked(v) for k, v in tree.items()}
    return [blanked(item) for item in tree] if isinstance(tree, list) else tree


@pytest.mark.parametrize(("scenario", "expected"), SCENARIOS.items())
def test_a_scenario_has_this_cause_and_no_other(seen, scenario, expected):
    found = seen(scenario)
    assert [(v.rule, v.label, v.confidence) for v in found.diagnosis.failed("cause")] == [(*expected, "confirmed")]
    mine = [r for kind in COLLECTORS for r in found.evidence.all(kind)]
    assert len(mine) <= 4
    assert len(found.evidence.calls) <= ALL_CALLS


@pytest.mark.parametrize("scenario", ["ssm-path-empty", "arm-image-index", "arm-image-single"])
def test_a_cause_that_the_account_shows_needs_no_words_of_ecs(seen, scenario):
    tree = json.loads(dumps(seen(scenario).evidence))
    tree["readings"] = blanked(tree["readings"])
    diagnosis = judge(loads(json.dumps(tree)))
    assert [(v.rule, v.label) for v in diagnosis.failed("cause")] == [SCENARIOS[scenario]]


def without_secret(lab, boto):
    secrets = boto("secretsmanager", lab.endpoint_url)
    [secret, *_] = secrets.list_secrets()["SecretList"]
    secrets.delete_secret(SecretId=secret["ARN"], ForceDeleteWithoutRecovery=True)


def with_secret_on_its_way_out(lab, boto):
    secrets = boto("secretsmanager", lab.endpoint_url)
    [secret, *_] = secrets.list_secrets()["SecretList"]
    secrets.delete_secret(SecretId=secret["ARN"])


def without_log_group(lab, boto):
    logs = boto("logs", lab.endpoint_url)
    [group, *_] = logs.describe_log_groups()["logGroups"]
    logs.delete_log_group(logGroupName=group["logGroupName"])


BROKEN = {
    without_secret: ("secret_absent", "secret-not-found"),
    with_secret_on_its_way_out: ("secret_absent", "secret-not-found"),
    without_log_group: ("log_group_absent", "log-driver-misconfigured"),
}


@pytest.mark.parametrize(("broken", "expected"), BROKEN.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_what_is_taken_away_is_named_once_tasks_fail_for_it(own_lab, boto, broken, expected):
    lab = own_lab("healthy")
    broken(lab, boto)
    assert not look(given(lab)).diagnosis.failed("cause")
    boto("ecs", lab.endpoint_url).update_service(cluster=CLUSTER, service=SERVICE, forceNewDeployment=True)
    lab.advance(900)
    found = look(given(lab)).diagnosis
    assert [(v.rule, v.label, v.confidence) for v in found.failed("cause")] == [(*expected, "confirmed")]
