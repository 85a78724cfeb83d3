"""A read session sends reads and nothing else; the lab's keys stay on loopback."""

import botocore.session
import pytest

from runbook_lib.aws.operations import READS
from runbook_lib.aws.session import Access, ReadSession
from runbook_lib.errors import AccessError, ParameterError, SafetyError
from tests.conftest import CLUSTER, SERVICE, access


@pytest.mark.parametrize(
    ("service", "method", "parameters"),
    [
        ("ecs", "update_service", {"cluster": CLUSTER, "service": SERVICE, "desiredCount": 0}),
        ("ecs", "stop_task", {"cluster": CLUSTER, "task": "x"}),
        ("secretsmanager", "get_secret_value", {"SecretId": "x"}),
        ("ssm", "get_parameter", {"Name": "x"}),
        ("ecs", "delete_cluster", {"cluster": CLUSTER}),
    ],
)
def test_a_call_outside_the_table_is_refused_before_it_is_sent(guide, service, method, parameters):
    client = ReadSession(access(guide)).client(service)
    before = len(guide.calls())
    with pytest.raises(SafetyError) as refused:
        getattr(client, method)(**parameters)
    assert refused.value.key == "call-refused"
    assert len(guide.calls()) == before


def test_the_table_holds_real_operations_and_only_reads():
    session = botocore.session.get_session()
    for service, operation in READS:
        assert operation in session.get_service_model(service).operation_names
        assert operation.startswith(("Describe", "List", "Get", "BatchGet", "Simulate"))
        assert "SecretValue" not in operation
        assert not operation.startswith("GetParameter")


def test_of_secrets_and_parameters_only_their_existence_can_be_asked():
    keepers = {(service, operation) for service, operation in READS if service in ("secretsmanager", "ssm", "kms")}
    assert keepers == {("secretsmanager", "DescribeSecret"), ("ssm", "DescribeParameters")}


def test_iam_actions_use_iams_own_service_prefixes():
    prefixes = {action.partition(":")[0] for action in READS.values()}
    assert prefixes == {"ec2", "ecr", "ecs", "elasticloadbalancing", "iam", "logs", "secretsmanager", "ssm"}


@pytest.mark.parametrize("url", ["", "https://ecs.ap-northeast-2.amazonaws.com", "http://10.0.0.1:5599"])
def test_the_labs_keys_are_refused_for_any_other_address(url):
    with pytest.raises(ParameterError) as refused:
        ReadSession(Access("ap-northeast-2", endpoint_url=url, credentials="lab"))
    assert refused.value.key == "lab-credentials-elsewhere"


def test_an_unknown_profile_is_a_wrong_parameter(monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    with pytest.raises(ParameterError) as refused:
        ReadSession(Access("ap-northeast-2", profile="nobody"))
    assert refused.value.key == "profile-missing"


def test_a_broken_configuration_is_an_access_error(monkeypatch, tmp_path):
    (tmp_path / "config").write_text("no section", encoding="utf-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    with pytest.raises(AccessError) as refused:
        ReadSession(Access("ap-northeast-2", profile="nobody"))
    assert refused.value.key == "profile-unusable"


def test_this_computers_own_address_is_asked_past_any_proxy(guide, monkeypatch):
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert ReadSession(access(guide)).client("ecs").list_tasks(cluster=CLUSTER)["taskArns"]
