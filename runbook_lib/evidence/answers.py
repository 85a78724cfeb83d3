"""Requests to make to a load balancer and what came of them, as frozen data: heads of answers, never their bodies."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from runbook_lib.evidence.certificate import Certificate
from runbook_lib.evidence.redaction import MASK, masked_urls

# Why there is no answer. `lost` was connected and closed without one, `broken` is none of HTTP, `silent` said nothing
# in time, `deadline` was ended by the limit of all requests together.
PROBLEMS = (
    *("not-resolved", "refused", "connect-timeout", "unreachable", "tls", "lost", "broken", "silent"),
    *("redirects", "deadline"),
)
MOST_HEADERS = 60
_LONGEST = 300
# Fields whose values give access or name a person; the names are those of RFCs, AWS, and of habit.
_SECRET = re.compile(
    r"authori[sz]ation|authenticat|cookie|token|secret|session|passw|credential|signature|api-?key|apikey|jwt|oidc"
    r"|csrf|xsrf|nonce|identity|user|email|account|client-?cert|(?:^|-)auth(?:-|$)|(?:^|-)key(?:-|$)|^link$|^refresh$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Ask:
    """A request to make: ``scheme`` (http, https, or tcp and tls, which only connect) to ``host`` (Host and SNI).

    The connection goes to ``dns``, or to ``connect_to`` (``HOST:PORT``) whatever the port is, as curl's
    ``--connect-to ::HOST:PORT``. Redirects are followed to the same host alone. ``patience_s`` are the seconds for a
    connection, and again for the whole head of the answer.
    """

    scheme: str
    host: str
    port: int
    path: str = "/"
    dns: str = ""
    connect_to: str = ""
    tries: int = 3
    patience_s: float = 10.0  # as the guide's `curl --connect-timeout 10`

    @property
    def url(self) -> str:
        """The address as a browser would show it; for ``tcp`` and ``tls`` without a path."""
        return url(self.scheme, self.host, self.port, self.path if self.scheme.startswith("http") else "")


@dataclass(frozen=True)
class Hop:
    """One request: its address, and the head of its answer, or how far it came and why there is none (``PROBLEMS``).

    ``status`` is 0 without an answer. ``ms`` runs from the first packet to the whole head. ``said`` are the words of
    the operating system or of OpenSSL; ``location`` is where a redirect led, whether or not it was followed.
    """

    url: str
    status: int = 0
    line: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    ms: float = 0.0
    address: str = ""
    connected: bool = False
    problem: str = ""
    said: str = ""
    location: str = ""

    def header(self, name: str) -> str:
        """The value of a header, ``""`` where there is none."""
        return next((value for known, value in self.headers if known.lower() == name), "")

    @property
    def by_balancer(self) -> bool:
        """Whether an Application Load Balancer answered by itself: it names itself as the server."""
        return self.header("server").startswith("awselb/")


Try = tuple[Hop, ...]  # one request and the redirects that it followed; the last one decides


@dataclass(frozen=True)
class Shown:
    """The certificate that was shown, and OpenSSL's words why it is not trusted (``""``: it is)."""

    certificate: Certificate
    distrust: str = ""


@dataclass(frozen=True)
class Answer:
    """What came of an :class:`Ask`: each of its tries, and the certificate where it was by TLS."""

    ask: Ask
    tries: tuple[Try, ...]
    shown: Shown | None = None


def url(scheme: str, host: str, port: int, path: str) -> str:
    """An address, without the port that its scheme implies."""
    implied = {"http": 80, "https": 443}.get(scheme)
    return f"{scheme}://{host}{'' if port == implied else f':{port}'}{path}"


def head(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The headers of an answer as they may be kept: secret fields and queries of URLs masked, long values cut."""
    return tuple((name[:_LONGEST], _value(name, value)) for name, value in islice(headers, MOST_HEADERS))


def _value(name: str, value: str) -> str:
    if _SECRET.search(name):
        return MASK
    masked = masked_urls(value)
    if name.lower() in ("location", "content-location"):
        masked = _without_query(masked)
    return masked if len(masked) <= _LONGEST else f"{masked[:_LONGEST]}…"


def _without_query(address: str) -> str:
    """A path may stand alone in ``Location``, which :func:`masked_urls` does not take for an address."""
    before, mark, after = address.partition("?")
    return before + (f"?{MASK}" if mark and after else "")
