"""HTTP replies, and AWS errors in the protocol of the service that was asked."""

import json
import uuid
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import cache, lru_cache
from http import HTTPStatus
from typing import Any
from xml.sax.saxutils import escape

JSON = "application/x-amz-json-1.1"
XML = "text/xml"


@dataclass
class Reply:
    """One HTTP reply: status, body and headers; and whether its body breaks off, or takes so many seconds to send."""

    status: int
    body: bytes = b""
    headers: list[tuple[str, str]] = field(default_factory=list)
    truncated: bool = False
    drip: float = 0.0

    @property
    def status_line(self) -> str:
        """The status with its phrase, as WSGI wants it."""
        return f"{self.status} {phrase(self.status)}"

    def header(self, name: str) -> str | None:
        """Return a header's value; `name` in lower case."""
        return next((value for known, value in self.headers if known.lower() == name), None)

    def stamped(self, now: float) -> list[tuple[str, str]]:
        """Return the headers with length and a Date in simulated time (seconds since the epoch)."""
        own = {"date", "content-length", "connection"}
        kept = [(name, value) for name, value in self.headers if name.lower() not in own]
        return [*kept, ("Content-Length", str(len(self.body))), ("Date", _date(int(now)))]


@lru_cache(16)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)


@cache
def phrase(status: int) -> str:
    """Return the reason phrase of an HTTP status."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def aws_json(status: int, body: bytes) -> Reply:
    """Reply of a JSON 1.1 service."""
    return Reply(status, body, [("Content-Type", JSON), _request_id()])


def plain_json(status: int, document: Any) -> Reply:
    """Reply of the lab's own control endpoints."""
    return Reply(status, json.dumps(document).encode(), [("Content-Type", "application/json")])


def html(status: int, body: str) -> Reply:
    """Reply of something between the client and AWS."""
    return Reply(status, body.encode(), [("Content-Type", "text/html; charset=utf-8")])


def xml(status: int, body: str) -> Reply:
    """Reply of a query service."""
    return Reply(status, body.encode(), [("Content-Type", XML), _request_id()])


def error(protocol: str, code: str, message: str, status: int, members: dict[str, Any] | None = None) -> Reply:
    """Return an AWS error as a client of `protocol` expects it.

    Parameters
    ----------
    protocol
        ``json``, ``cbor``, ``query``, ``ec2``, ``rest-json`` or ``rest-xml``.
    """
    if protocol == "cbor":
        headers = [("Content-Type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor"), _request_id()]
        return Reply(status, _cbor_map({"__type": code, "message": message}), headers)
    if protocol == "query":
        parts = f"<Type>Sender</Type><Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
        return xml(
            status, f"<ErrorResponse><Error>{parts}</Error><RequestId>{uuid.uuid4()}</RequestId></ErrorResponse>"
        )
    if protocol == "ec2":
        parts = f"<Error><Code>{escape(code)}</Code><Message>{escape(message)}</Message></Error>"
        return xml(status, f"<Response><Errors>{parts}</Errors><RequestID>{uuid.uuid4()}</RequestID></Response>")
    if protocol == "rest-xml":
        return xml(status, f"<Error><Code>{escape(code)}</Code><Message>{escape(message)}</Message></Error>")
    reply = aws_json(status, json.dumps({"__type": code, "message": message, **(members or {})}).encode())
    if protocol == "rest-json":
        reply.headers.append(("x-amzn-ErrorType", code))
    return reply


def _request_id() -> tuple[str, str]:
    return ("x-amzn-RequestId", str(uuid.uuid4()))


def _cbor_map(document: dict[str, str]) -> bytes:
    """Encode a small map of texts (RFC 8949: major type 5 with text strings of major type 3)."""
    parts = [bytes([0xA0 + len(document)])]
    for text in (item for pair in document.items() for item in pair):
        data = text.encode()
        parts.append(b"\x79" + len(data).to_bytes(2, "big") + data)
    return b"".join(parts)
