"""What an X.509 certificate says of itself, read from its DER: nothing here says whether it may be believed.

Python shows the fields of certificates that it trusts only; those of a load balancer's often wrong one matter as much.
The structure is RFC 5280's, section 4.1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address

_SEQUENCE, _OCTETS, _OID, _UTC_TIME, _TIME = 0x30, 0x04, 0x06, 0x17, 0x18
_VERSION, _EXTENSIONS, _DNS_NAME, _ADDRESS = 0xA0, 0xA3, 0x82, 0x87
_COMMON_NAME, _ORGANISATION, _ALTERNATIVE_NAMES = b"\x55\x04\x03", b"\x55\x04\x0a", b"\x55\x1d\x11"
_MOST_NAMES = 100
_LONGEST_NAME = 255


@dataclass(frozen=True)
class Certificate:
    """Subject and issuer (common name, else organisation), the names that it is for, and its time (UTC)."""

    subject: str
    issuer: str
    names: tuple[str, ...]
    not_before: datetime
    not_after: datetime

    def covers(self, host: str) -> bool:
        """Whether one of its names is that of ``host``; a wildcard stands for one whole label (RFC 6125)."""
        wanted = host.lower().rstrip(".")
        return any(_same(name.lower().rstrip("."), wanted) for name in self.names or (self.subject,))


def _same(name: str, host: str) -> bool:
    if not name.startswith("*."):
        return name == host
    label, dot, rest = host.partition(".")
    return bool(label and dot) and rest == name[2:]


def certificate(der: bytes) -> Certificate | None:
    """The fields of a certificate, or None where the bytes are none."""
    try:
        return _read(der)
    except (ValueError, IndexError, OverflowError):
        return None


def _read(der: bytes) -> Certificate:
    body = next(_parts(_inside(der)), (0, b""))[1]  # TBSCertificate, of certificate, algorithm, signature
    fields = [field for field in _parts(body) if field[0] != _VERSION]
    _, _, issuer, validity, subject = (content for _, content in fields[:5])
    begins, ends = (_moment(*part) for part in list(_parts(validity))[:2])
    extensions = next((content for tag, content in fields if tag == _EXTENSIONS), b"")
    return Certificate(_name(subject), _name(issuer), tuple(_names(extensions))[:_MOST_NAMES], begins, ends)


def _parts(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and content of each element, one after another."""
    at = 0
    while at < len(data):
        tag, size, start = data[at], data[at + 1], at + 2
        if size & 0x80:
            count = size & 0x7F
            size, start = int.from_bytes(data[start : start + count]), start + count
        if start + size > len(data):
            raise ValueError("cut off")
        yield tag, data[start : start + size]
        at = start + size


def _inside(data: bytes) -> bytes:
    """The content of the one sequence that ``data`` is."""
    tag, content = next(_parts(data), (0, b""))
    if tag != _SEQUENCE:
        raise ValueError("no sequence")
    return content


def _moment(tag: int, content: bytes) -> datetime:
    form = {_UTC_TIME: "%y%m%d%H%M%SZ", _TIME: "%Y%m%d%H%M%SZ"}[tag] if tag in (_UTC_TIME, _TIME) else ""
    return datetime.strptime(content.decode("ascii"), form).replace(tzinfo=UTC)


def _name(data: bytes) -> str:
    """The common name of a distinguished name, else the organisation."""
    found: dict[bytes, str] = {}
    for _, group in _parts(data):
        for _, pair in _parts(group):
            (_, oid), (_, value) = list(_parts(pair))[:2]
            found.setdefault(oid, value.decode("utf-8", "replace")[:_LONGEST_NAME])
    return found.get(_COMMON_NAME) or found.get(_ORGANISATION, "")


def _names(extensions: bytes) -> Iterator[str]:
    """The names and addresses of the extension ``subjectAltName``."""
    for _, extension in _parts(_inside(extensions) if extensions else b""):
        parts = list(_parts(extension))
        if parts[0] != (_OID, _ALTERNATIVE_NAMES):
            continue
        for tag, content in _parts(_inside(next((part for kind, part in parts if kind == _OCTETS), b""))):
            if tag == _DNS_NAME:
                yield content.decode("utf-8", "replace")[:_LONGEST_NAME]
            elif tag == _ADDRESS:
                yield str(ip_address(content))
