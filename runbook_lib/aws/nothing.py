"""Where no further call can tell anything, a look ends with one sentence: wrong target, no credentials, no network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from runbook_lib.aws.operations import CREDENTIAL_CALLS, name
from runbook_lib.aws.reader import CallFailedError, Reader
from runbook_lib.aws.session import ReadSession
from runbook_lib.errors import AccessError, RunbookError, TargetError, nearest
from runbook_lib.evidence.model import Evidence, Unread, request

Names = Callable[[str, str], list[str] | None]  # kind (cluster, service) and cluster -> what exists
_PAGES = 5  # of 100 names each; among more, a misspelt one is not searched for


def stop_where_nothing_can_be_read(evidence: Evidence, session: ReadSession, reader: Reader, names: Names) -> None:
    """Raises what ends the look, with the nearest name where a name was not found.

    Raises
    ------
    TargetError
        The cluster or the service does not exist in this account and Region.
    AccessError
        Credentials, network, TLS or Region let no call through.
    """
    unread = next(iter(evidence.unread("service")), None)
    if unread is None:
        return
    target = evidence.target
    where = {"cluster": target.cluster, "service": target.service, "region": target.region}
    if unread.reason == "absent":
        raise _absent(unread, names, where)
    if unread.reason == "credentials":
        raise _credentials(unread, session.profile, where)
    if unread.reason == "unreachable" and reader.answered_at is None:  # where others came through, it was reached
        raise _unreachable(unread, session, where)


def names_of(reader: Reader, kind: str, cluster: str) -> list[str] | None:
    """The names of the account's clusters or of a cluster's services, at most 500; None where they were not to be had.

    They are a help: who may not list them still gets the sentence without them.
    """
    operation, member = ("ListClusters", "clusterArns") if kind == "cluster" else ("ListServices", "serviceArns")
    found: list[str] = []
    asked: dict[str, Any] = {"maxResults": 100} | ({} if kind == "cluster" else {"cluster": cluster})
    for _ in range(_PAGES):
        try:
            answer = reader.call("ecs", operation, member, **asked)
        except CallFailedError:
            return None
        found += [str(arn).rpartition("/")[2] for arn in answer[member]]
        if not answer.get("nextToken"):
            break
        asked["nextToken"] = answer["nextToken"]
    return found


def unlisted(error: CallFailedError, session: ReadSession, cluster: str) -> RunbookError:
    """Why the account's clusters, or the services of ``cluster``, could not be listed."""
    failure, where = error.failure, {"cluster": cluster, "region": session.region}
    unread = Unread(request("names"), error.operation, error.operation, failure.reason, failure.code, failure.message)
    if failure.reason == "absent" and cluster:
        return TargetError("cluster-not-found", **where)
    if failure.reason == "credentials":
        return _credentials(unread, session.profile, where)
    if failure.reason == "unreachable":
        return _unreachable(unread, session, where)
    key = "list-denied" if failure.reason == "access-denied" else "list-failed"
    return AccessError(key, action=error.operation, code=failure.code or failure.reason, message=failure.message)


def _absent(unread: Unread, names: Names, where: dict[str, Any]) -> RunbookError:
    if unread.code == "INACTIVE":
        return TargetError("service-deleted", **where)
    kind = "cluster" if unread.code == "ClusterNotFoundException" else "service"
    known = names(kind, where["cluster"])
    if known is None:
        return TargetError(f"{kind}-not-found", **where)
    if not known:
        return TargetError("region-empty" if kind == "cluster" else "cluster-empty", **where)
    near = nearest(where[kind], known)
    if not near:
        return TargetError(f"{kind}-not-found-among", known=", ".join(sorted(known)[:5]), count=len(known), **where)
    return TargetError(f"{kind}-not-found-near", nearest=near, **where)


def _credentials(unread: Unread, profile: str, where: dict[str, Any]) -> RunbookError:
    facts = {"profile": profile, "code": unread.code, "message": unread.message}
    if unread.code.startswith(("NoCred", "Partial")):
        return AccessError("credentials-missing", **where)
    if unread.operation in _FOR_CREDENTIALS:
        return AccessError("credential-call-failed", operation=unread.operation, **facts)
    if "SSO" in unread.code or unread.code.startswith(("TokenRetrieval", "Login")):
        return AccessError("sign-in-expired", **facts)
    return AccessError("credentials-unusable" if unread.code in _BOTOCORES_OWN else "credentials-refused", **facts)


_FOR_CREDENTIALS = {name(*called) for called in CREDENTIAL_CALLS}
_BOTOCORES_OWN = (
    "CredentialRetrievalError",
    "UnknownCredentialError",
    "NoAuthTokenError",
    "InvalidConfigError",
    "InfiniteLoopConfigError",
    "MetadataRetrievalError",
)


def _unreachable(unread: Unread, session: ReadSession, where: dict[str, Any]) -> RunbookError:
    near = session.nearest_region()
    if near:
        return AccessError("region-unknown", nearest=near, **where)
    key = _KEYS.get(unread.code, "endpoint-unreachable")
    return AccessError(key, message=unread.message, **where)


_KEYS = {"SSLError": "endpoint-tls", "ProxyConnectionError": "endpoint-proxy"}
