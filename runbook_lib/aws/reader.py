"""Makes calls, times them, and says why one could not be had."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from botocore import exceptions as botocore_errors
from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from runbook_lib.aws.operations import CREDENTIAL_CALLS, name
from runbook_lib.aws.session import ChangeSession, ReadSession
from runbook_lib.evidence.model import Call
from runbook_lib.evidence.redaction import masked_urls

# What a kind of botocore's own errors means; the first that fits.
_REASONS: tuple[tuple[tuple[type[BotoCoreError], ...], str], ...] = (
    (
        (
            botocore_errors.NoCredentialsError,
            botocore_errors.PartialCredentialsError,
            botocore_errors.CredentialRetrievalError,
            botocore_errors.UnknownCredentialError,
            botocore_errors.TokenRetrievalError,
            botocore_errors.NoAuthTokenError,
            botocore_errors.SSOError,
            botocore_errors.LoginError,
            botocore_errors.InvalidConfigError,
            botocore_errors.MetadataRetrievalError,
        ),
        "credentials",
    ),
    ((botocore_errors.ReadTimeoutError,), "time-out"),
    ((botocore_errors.ConnectionError, botocore_errors.HTTPClientError), "unreachable"),
    ((botocore_errors.EndpointProviderError, botocore_errors.UnknownEndpointError), "unreachable"),
)
# What botocore's parsers and our collectors raise where an answer has another shape than AWS's model says.
SHAPE_ERRORS = (
    ResponseParserError, ArithmeticError, AttributeError, IndexError, KeyError, RuntimeError, TypeError, ValueError,
)  # fmt: skip
_DENIED = re.compile(r"AccessDenied|UnauthorizedOperation|AuthorizationError|NotAuthorized")
_THROTTLED = re.compile(r"Throttl|RequestLimitExceeded|TooManyRequests|SlowDown|BandwidthLimitExceeded")
_ABSENT = re.compile(r"NotFound|DoesNotExist|NoSuchEntity")
_REFUSED = re.compile(
    r"ExpiredToken|UnrecognizedClient|InvalidClientTokenId|InvalidAccessKeyId|SignatureDoesNotMatch|AuthFailure"
    r"|InvalidSignature|IncompleteSignature|MissingAuthenticationToken"
)
_UNSUPPORTED = re.compile(r"NotImplemented|UnknownOperation|InvalidAction|^50[01]$")


@dataclass(frozen=True)
class Failure:
    """Why a call has no answer: reason (one of ``UNREAD_REASONS``), AWS's code and AWS's words."""

    reason: str
    code: str
    message: str


class CallFailedError(Exception):
    """A call has no answer; carries its operation and the :class:`Failure`."""

    def __init__(self, operation: str, failure: Failure) -> None:
        super().__init__(operation, failure)
        self.operation = operation
        self.failure = failure


class Reader:
    """Sends the calls of one collection and keeps the record of them."""

    def __init__(self, session: ReadSession | ChangeSession) -> None:
        self._session = session
        self._lock = threading.Lock()
        self._calls: list[Call] = []
        self._open: dict[int, tuple[str, float]] = {}  # by thread: each has at most one call under way
        self.round = 0
        self.answered_at: datetime | None = None  # `Date` of the first answer: AWS's clock, not this machine's

    @property
    def calls(self) -> tuple[Call, ...]:
        """Every call so far, in the order of their answers."""
        with self._lock:
            return tuple(self._calls)

    def call(
        self, service: str, operation: str, /, *members: str, region: str = "", **parameters: Any
    ) -> dict[str, Any]:
        """The answer of one API call, which has these ``members``.

        Raises
        ------
        CallFailedError
            With the reason, after botocore's own retries; its operation is the one that failed, which is another one
            where botocore could not get the credentials.
        """
        asked, began = name(service, operation), time.perf_counter()
        self._session.attempts()  # what this thread sent before is not this call's
        with self._lock:
            self._open[threading.get_ident()] = (asked, began)
        try:
            client = self._session.client(service, region)
            answer: dict[str, Any] = getattr(client, xform_name(operation))(**parameters)
            _require(answer, members)
            _fits(client.meta.service_model.operation_model(operation).output_shape, answer)
        except (ClientError, BotoCoreError, *SHAPE_ERRORS) as error:
            failure = failure_of(error)
            self._record(asked, began, getattr(error, "response", None) or {}, failure)
            raise CallFailedError(_credential_call(error) or asked, failure) from error
        self._record(asked, began, answer, None)
        return answer

    def given_up(self) -> tuple[Call, ...]:
        """The calls that have no answer yet, which nobody waits for any longer."""
        now = time.perf_counter()
        with self._lock:
            return tuple(
                Call(asked, self.round, round((now - began) * 1000, 1), error="deadline")
                for asked, began in self._open.values()
            )

    def _record(self, operation: str, began: float, answer: dict[str, Any], failure: Failure | None) -> None:
        meta, attempts = answer.get("ResponseMetadata", {}), self._session.attempts()
        ms = round((time.perf_counter() - began) * 1000, 1)
        error = (failure.code or failure.reason) if failure else ""
        with self._lock:
            self._open.pop(threading.get_ident(), None)
            self._calls.append(Call(operation, self.round, ms, attempts, error))
            self.answered_at = self.answered_at or _date(meta.get("HTTPHeaders", {}).get("date", ""))


def _require(answer: dict[str, Any], members: tuple[str, ...]) -> None:
    """Every list that AWS answers with is there even when it is empty: without it, this is no answer of AWS."""
    for member in members:
        if answer.get(member) is None:
            raise KeyError(member)


def _fits(shape: Any, value: Any) -> None:
    """Raises where an answer is not as AWS's model says: botocore takes a null or a number for a name as it comes."""
    kind = _KINDS.get(shape.type_name) if shape.name != _DECODED else (str, dict)
    if kind and not isinstance(value, kind):
        raise TypeError(f"{shape.name}: {type(value).__name__}")
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            if value.get(name) is not None:
                _fits(member, value[name])
    elif shape.type_name == "list":
        for item in value:
            _fits(shape.member, item)
    elif shape.type_name == "map":
        for item in value.values():
            _fits(shape.value, item)


_DECODED = "policyDocumentType"  # a text that botocore has read for us
_KINDS: dict[str, type | tuple[type, ...]] = {
    "structure": dict,
    "list": list,
    "map": dict,
    "string": str,
    "integer": int,
    "long": int,
    "double": (int, float),
    "timestamp": datetime,
    "boolean": bool,
}


def _credential_call(error: Exception) -> str:
    """The call by which botocore wanted credentials, where that is the one that failed; else an empty string."""
    if not isinstance(error, ClientError):
        return ""
    found = (pair for pair in CREDENTIAL_CALLS if pair[1] == error.operation_name)
    return next((name(*pair) for pair in found), "")


def failure_of(error: Exception) -> Failure:
    """The reason behind an error of botocore, with AWS's code and words (signed URLs masked)."""
    if isinstance(error, ClientError):
        found = _answered(error.response)
        return replace(found, reason="credentials") if _credential_call(error) else found
    message = masked_urls(str(error).partition("\n")[0])[:500]  # what follows may be the body itself
    if not isinstance(error, BotoCoreError):
        return Failure("garbled", type(error).__name__, message)
    reason = next((reason for kinds, reason in _REASONS if isinstance(error, kinds)), "failed")
    return Failure(reason, type(error).__name__, message)


def _answered(response: Any) -> Failure:
    code, message = response.get("Error", {}).get("Code", ""), response.get("Error", {}).get("Message", "")
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in ("", str(status)):  # botocore found no error of AWS: the words are a proxy's page, and not kept
        answered = status == 429 or status >= 500
        return Failure(_reason(code, message, status) if answered else "garbled", code or str(status), "")
    return Failure(_reason(code, message, status), code, masked_urls(message)[:500])


def _reason(code: str, message: str, status: int) -> str:
    table = (("credentials", _REFUSED), ("access-denied", _DENIED), ("throttled", _THROTTLED), ("absent", _ABSENT))
    for reason, pattern in table:
        if pattern.search(code):
            return reason
    if _UNSUPPORTED.search(code) or (status >= 500 and "not implemented" in message.lower()):
        return "unsupported"
    return "throttled" if status == 429 else "failed"


def _date(header: str) -> datetime | None:
    try:
        return parsedate_to_datetime(header).astimezone(UTC)
    except ValueError:
        return None
