"""Who may ask what: hosts, browsers, and requests that nobody signed.

The lab listens on loopback alone, yet a web page can make a browser ask loopback addresses, also under a name of its
own (DNS rebinding). So only loopback's and AWS's host names are served, and the control endpoints refuse whatever a
page of another origin sends. Signatures are not checked; that there is one is.
"""

import re
from typing import Any

from runbook_lib.lab import reply
from runbook_lib.lab.call import Call
from runbook_lib.lab.reply import Reply, plain_json

_LOOPBACK = re.compile(r"(.+\.)?localhost|127(\.\d{1,3}){3}|\[?::1\]?", re.IGNORECASE)
_AWS = re.compile(r".+\.(amazonaws\.com(\.cn)?|api\.aws|on\.aws)", re.IGNORECASE)
_PORT = re.compile(r":\d*$")
_REGION = re.compile(r"[a-z]{2,3}(-[a-z]+)+-\d{1,2}")
_UNSIGNED = ("AssumeRoleWithWebIdentity", "AssumeRoleWithSAML")  # these calls of STS bring their own proof
_SIGNED = re.compile(r"Credential=|AWS \S+:\S+")
_EMULATOR = "/moto-api"  # moto's own control, which would empty the lab's state


def refuse(environ: dict[str, Any], path: str) -> Reply | None:
    """Return why a request (a WSGI environ) is not served at all, or None."""
    host = _PORT.sub("", environ.get("HTTP_HOST", "localhost"))
    if not (_LOOPBACK.fullmatch(host) or _AWS.fullmatch(host)):
        known = "127.0.0.1, localhost and the names of AWS's endpoints and load balancers"
        return plain_json(421, {"error": f"this lab serves {known}"})
    if path.startswith("/_lab/") and _is_foreign(environ, host):
        return plain_json(403, {"error": "a web page may not control the lab"})
    if path.startswith(_EMULATOR):
        return plain_json(404, {"error": "no such page; the lab's own endpoints are below /_lab/"})
    return None


def _is_foreign(environ: dict[str, Any], host: str) -> bool:
    """Whether a web page sent the request, or the host is none that somebody who controls a lab uses."""
    site = environ.get("HTTP_SEC_FETCH_SITE", "none")
    return "HTTP_ORIGIN" in environ or site not in ("none", "same-origin") or not _LOOPBACK.fullmatch(host)


def unsigned(asked: Call, environ: dict[str, Any]) -> Reply | None:
    """Return AWS's answer to a request without credentials, or with a credential scope that makes no sense."""
    signed = _SIGNED.search(environ.get("HTTP_AUTHORIZATION", "") or environ.get("QUERY_STRING", ""))
    if not signed and asked.action not in _UNSIGNED:
        return _missing(asked)
    if not _REGION.fullmatch(asked.region):
        json = asked.protocol in ("json", "cbor", "rest-json")
        code, status = ("InvalidSignatureException", 400) if json else ("SignatureDoesNotMatch", 403)
        return reply.error(asked.protocol, code, "Credential should be scoped to a valid region. ", status)
    return None


def _missing(asked: Call) -> Reply:
    if asked.protocol in ("json", "cbor"):
        message = "Missing Authentication Token"
        return reply.error(asked.protocol, "MissingAuthenticationTokenException", message, 400)
    message = "Request is missing Authentication Token"
    return reply.error(asked.protocol, "MissingAuthenticationToken", message, 403)
