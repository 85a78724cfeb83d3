"""One AWS request as it arrives: which service, which action, which account and Region, which protocol."""

import io
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

from moto.iam.models import get_account_id_from

_CREDENTIAL = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/([^/,]+)/")
_CBOR_PATH = re.compile(r"/service/[^/]+/operation/([^/]+)")
_BOTO3_NAMES = {"elasticloadbalancing": "elbv2", "monitoring": "cloudwatch"}
_SHORT_TERM = "ASIA"
# Actions that change nothing, by how their names begin; calls of services without action names are ``METHOD /path``.
_READS = (
    "Describe", "Get", "List", "BatchGet", "BatchCheck", "Filter", "Search", "Lookup", "Query", "Scan", "Select",
    "Simulate", "Validate", "Estimate", "Test", "Check", "StartQuery", "StopQuery", "DiscoverPoll", "GET ", "HEAD ",
)  # fmt: skip


@dataclass(frozen=True)
class Call:
    """A request to an AWS API; `service` is the name that boto3 uses."""

    service: str
    action: str
    region: str
    account: str
    protocol: str
    body: bytes
    agent: str = ""  # what the client says it is

    @property
    def query(self) -> dict[str, str]:
        """The members of a query request."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    @property
    def changes(self) -> bool:
        """Whether the call is no read. STS changes nothing: what it makes are sessions."""
        return self.service != "sts" and not self.action.startswith(_READS)


def read(environ: dict[str, Any], default_account: str) -> Call:
    """Read a WSGI request; its body stays readable for whoever answers it, and moto learns the account."""
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    signed = environ.get("HTTP_AUTHORIZATION", "") or unquote(environ.get("QUERY_STRING", ""))
    found = _CREDENTIAL.search(signed)
    key, region, signing_name = found.groups() if found else ("", "us-east-1", "")
    account = environ.get("HTTP_X_MOTO_ACCOUNT_ID", "")
    if not re.fullmatch(r"\d{12}", account, re.ASCII):
        account = _account(key, default_account)
    environ["HTTP_X_MOTO_ACCOUNT_ID"] = account
    service = _BOTO3_NAMES.get(signing_name, signing_name)
    protocol, action = _action(environ, body, service)
    return Call(service, action, region, account, protocol, body, environ.get("HTTP_USER_AGENT", ""))


def _account(key: str, default: str) -> str:
    """Return the account of an access key: 12 digits are an account, a session key belongs to its role's account."""
    if re.fullmatch(r"\d{12}", key, re.ASCII):
        return key
    return str(get_account_id_from(key)) if key.startswith(_SHORT_TERM) else default


def _action(environ: dict[str, Any], body: bytes, service: str) -> tuple[str, str]:
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    if target:
        return "json", target.rpartition(".")[2]
    cbor = _CBOR_PATH.fullmatch(environ.get("PATH_INFO", ""))
    if cbor:
        return "cbor", cbor.group(1)
    if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        action = dict(parse_qsl(body.decode("utf-8", "replace"))).get("Action")
        if action:
            return "ec2" if service == "ec2" else "query", action
    rest = "rest-xml" if service == "s3" else "rest-json"
    return rest, f"{environ.get('REQUEST_METHOD', 'GET')} {environ.get('PATH_INFO', '/')}"
