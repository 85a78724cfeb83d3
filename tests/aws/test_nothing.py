"""Where nothing can be read the look ends with one key: which name is nearest, or what keeps us out."""

from datetime import UTC, datetime

import pytest

from runbook_lib.aws.collect import Collection
from runbook_lib.aws.session import Access, ReadSession
from runbook_lib.errors import AccessError, TargetError
from runbook_lib.evidence.model import Evidence, Target
from tests.conftest import CLUSTER, SERVICE, collection

REGION = "ap-northeast-2"


def refusal(about: Collection) -> AccessError | TargetError:
    with pytest.raises((AccessError, TargetError)) as refused:
        about.first_look()
    return refused.value


def elsewhere(how: Access) -> Collection:
    return Collection(ReadSession(how), Evidence(Target(CLUSTER, SERVICE, how.region), datetime.now(UTC)), seconds=30)


@pytest.mark.parametrize(
    ("target", "key", "facts"),
    [
        ({"cluster": "momentir-cx-lmm-cluster"}, "cluster-not-found-near", {"nearest": CLUSTER}),
        ({"cluster": "zzz"}, "cluster-not-found-among", {"known": CLUSTER, "count": 1}),
        ({"service": "momentir-cx-llm-servise"}, "service-not-found-near", {"nearest": SERVICE}),
        ({"service": "zzz"}, "service-not-found-among", {"known": SERVICE, "count": 1}),
        ({"region": "eu-west-1"}, "region-empty", {"region": "eu-west-1"}),
    ],
)
def test_a_target_that_does_not_exist_is_named_with_the_nearest(guide, target, key, facts):
    about = Target(CLUSTER, SERVICE, guide.region)
    wanted = {"cluster": about.cluster, "service": about.service, "region": about.region} | target
    how = Access(wanted["region"], endpoint_url=guide.endpoint_url, credentials="lab")
    error = refusal(Collection(ReadSession(how), Evidence(Target(**wanted), datetime.now(UTC))))
    assert error.key == key
    assert facts.items() <= error.facts.items()


@pytest.mark.parametrize(
    ("target", "denied", "key"),
    [
        ({"cluster": "zzz"}, "ListClusters", "cluster-not-found"),
        ({"service": "zzz"}, "ListServices", "service-not-found"),
    ],
)
def test_who_may_not_list_names_still_hears_what_is_missing(own_lab, target, denied, key):
    lab = own_lab("healthy")
    lab.faults([{"action": denied, "error": "AccessDeniedException", "status": 400}])
    assert refusal(collection(lab, **target)).key == key


def test_an_empty_cluster_and_a_deleted_service_are_said(own_lab, boto):
    lab = own_lab("healthy")
    ecs = boto("ecs", lab.endpoint_url)
    ecs.create_cluster(clusterName="empty")
    assert refusal(collection(lab, cluster="empty")).key == "cluster-empty"
    ecs.delete_service(cluster=CLUSTER, service=SERVICE, force=True)
    lab.advance(900)
    assert refusal(collection(lab)).key == "service-deleted"


@pytest.mark.parametrize("code", ["ExpiredTokenException", "UnrecognizedClientException", "InvalidSignatureException"])
def test_refused_credentials_end_the_look(own_lab, code):
    lab = own_lab("healthy")
    lab.faults([{"error": code, "status": 400}])
    error = refusal(collection(lab))
    assert (error.key, error.facts["code"]) == ("credentials-refused", code)


def test_a_connection_that_breaks_off_ends_the_look(own_lab):
    lab = own_lab("healthy")
    lab.faults([{"reset": True}])
    assert refusal(collection(lab)).key == "endpoint-unreachable"


def test_an_endpoint_that_does_not_answer_ends_the_look(own_lab):
    lab = own_lab("healthy")
    about = collection(lab)
    lab.close()
    assert refusal(about).key == "endpoint-unreachable"


def test_a_certificate_that_nobody_vouches_for_is_a_tls_error(guide):
    url = guide.endpoint_url.replace("http://", "https://")
    assert refusal(elsewhere(Access(REGION, endpoint_url=url, credentials="lab"))).key == "endpoint-tls"


@pytest.fixture
def aws_files(monkeypatch, tmp_path):
    """A configuration of the test's own: nothing of the machine's counts."""
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    def write(config: str) -> None:
        (tmp_path / "config").write_text(config, encoding="utf-8")

    return write


ROLE = """[profile base]
aws_access_key_id = lab
aws_secret_access_key = lab
[profile oncall]
role_arn = arn:aws:iam::123456789012:role/oncall
source_profile = base
"""


def test_a_role_that_cannot_be_assumed_is_not_a_missing_permission_to_read(own_lab, aws_files, monkeypatch):
    lab = own_lab("healthy")
    lab.faults([{"service": "sts", "action": "AssumeRole", "error": "AccessDenied", "status": 403, "message": "no"}])
    aws_files(ROLE)
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", lab.endpoint_url)
    error = refusal(elsewhere(Access(lab.region, "oncall", lab.endpoint_url)))
    assert error.key == "credential-call-failed"
    assert (error.facts["operation"], error.facts["profile"], error.facts["message"]) == (
        "sts:AssumeRole",
        "oncall",
        "no",
    )


def test_a_role_that_can_be_assumed_reads(own_lab, aws_files, monkeypatch):
    lab = own_lab("healthy")
    aws_files(ROLE)
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", lab.endpoint_url)
    assert elsewhere(Access(lab.region, "oncall", lab.endpoint_url)).first_look().service


def test_a_profile_that_asks_for_a_code_is_refused_before_it_asks(aws_files):
    aws_files(ROLE + "mfa_serial = arn:aws:iam::123456789012:mfa/me\n")
    with pytest.raises(AccessError) as refused:
        ReadSession(Access(REGION, "oncall"))
    assert (refused.value.key, refused.value.facts["profile"]) == ("profile-needs-code", "oncall")


@pytest.mark.parametrize(
    ("profile", "key"),
    [
        ("role_arn = arn:aws:iam::123456789012:role/a\nsource_profile = nobody\n", "credentials-unusable"),
        ("credential_process = false\n", "credentials-unusable"),
        ("sso_session = s\nsso_account_id = 123456789012\nsso_role_name = r\n", "sign-in-expired"),
        ("", "credentials-missing"),
        ("aws_access_key_id = half\n", "credentials-missing"),
    ],
)
def test_a_profile_without_usable_credentials_says_why(aws_files, profile, key):
    session = f"[sso-session s]\nsso_region = {REGION}\nsso_start_url = https://example.invalid/start\n"
    aws_files(f"[profile oncall]\n{profile}{session}")
    assert refusal(elsewhere(Access(REGION, "oncall", "http://127.0.0.1:9"))).key == key


def test_a_region_that_does_not_exist_is_named_with_the_nearest(aws_files, monkeypatch):
    aws_files("[profile oncall]\naws_access_key_id = a\naws_secret_access_key = b\n")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    error = refusal(elsewhere(Access("ap-northeast-22", "oncall")))
    assert (error.key, error.facts["nearest"]) == ("region-unknown", "ap-northeast-2")


def test_a_proxy_that_does_not_answer_is_named(aws_files, monkeypatch):
    aws_files("[profile oncall]\naws_access_key_id = a\naws_secret_access_key = b\n")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert refusal(elsewhere(Access(REGION, "oncall"))).key == "endpoint-proxy"
