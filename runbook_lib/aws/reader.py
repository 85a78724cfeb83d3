"""Makes calls, times them, and says why one could not be had."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from botocore import xform_name
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
    ReadTimeoutError,
    TokenRetrievalError,
)
from botocore.exceptions import ConnectionError as NoConnectionError

from runbook_lib.aws.operations import name
from runbook_lib.aws.session import ReadSession
from runbook_lib.evidence.model import Call
from runbook_lib.evidence.redaction import masked_urls

_CREDENTIAL_ERRORS = (NoCredentialsError, PartialCredentialsError, TokenRetrievalError)
_DENIED = re.compile(r"AccessDenied|UnauthorizedOperation|AuthorizationError|NotAuthorized")
_THROTTLED = re.compile(r"Throttl|RequestLimitExceeded|TooManyRequests|SlowDown|BandwidthLimitExceeded")
_ABSENT = re.compile(r"NotFound|DoesNotExist|^404$")
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

    def __init__(self, session: ReadSession) -> None:
        self._session = session
        self._lock = threading.Lock()
        self._calls: list[Call] = []
        self.round = 0
        self.answered_at: datetime | None = None  # `Date` of the first answer: AWS's clock, not this machine's

    @property
    def calls(self) -> tuple[Call, ...]:
        """Every call so far, in the order of their answers."""
        return tuple(self._calls)

    def call(self, service: str, operation: str, /, *, region: str = "", **parameters: Any) -> dict[str, Any]:
        """The answer of one API call.

        Raises
        ------
        CallFailedError
            With the reason, after botocore's own retries.
        """
        began = time.perf_counter()
        try:
            client = self._session.client(service, region)
            answer: dict[str, Any] = getattr(client, xform_name(operation))(**parameters)
        except (ClientError, BotoCoreError) as error:
            self._record(name(service, operation), began, getattr(error, "response", None) or {}, failure_of(error))
            raise CallFailedError(name(service, operation), failure_of(error)) from error
        self._record(name(service, operation), began, answer, None)
        return answer

    def _record(self, operation: str, began: float, answer: dict[str, Any], failure: Failure | None) -> None:
        meta = answer.get("ResponseMetadata", {})
        ms = round((time.perf_counter() - began) * 1000, 1)
        error = (failure.code or failure.reason) if failure else ""
        with self._lock:
            self._calls.append(Call(operation, self.round, ms, 1 + int(meta.get("RetryAttempts", 0)), error))
            self.answered_at = self.answered_at or _date(meta.get("HTTPHeaders", {}).get("date", ""))


def failure_of(error: ClientError | BotoCoreError) -> Failure:
    """The reason behind an error of botocore, with AWS's code and words (signed URLs masked)."""
    if isinstance(error, ClientError):
        return _answered(error.response)
    message = masked_urls(str(error))
    if isinstance(error, _CREDENTIAL_ERRORS) or "SSO" in type(error).__name__:
        return Failure("credentials", type(error).__name__, message)
    if isinstance(error, ReadTimeoutError | ConnectTimeoutError):
        return Failure("time-out", type(error).__name__, message)
    if isinstance(error, NoConnectionError | HTTPClientError):
        return Failure("unreachable", type(error).__name__, message)
    return Failure("failed", type(error).__name__, message)


def _answered(response: Any) -> Failure:
    code, message = response.get("Error", {}).get("Code", ""), response.get("Error", {}).get("Message", "")
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
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
