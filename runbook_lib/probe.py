"""Makes HTTP and HTTPS requests to load balancers: data in, data out. Of an answer only the head is read."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from multiprocessing.pool import ThreadPool
from threading import Thread
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from runbook_lib.evidence.answers import Answer, Ask, Hop, Shown, Try, head, url
from runbook_lib.evidence.certificate import certificate
from runbook_lib.evidence.redaction import masked_urls

MOST_REDIRECTS = 5
_AT_ONCE = 10
_LEAST_S = 0.05
_LONGEST = 300


def probe(asks: Iterable[Ask], seconds: float = 60.0) -> tuple[Answer, ...]:
    """What came of each request, in their order. Requests are made at once, the tries of each one after another.

    Never raises for what a server does. All of it ends after ``seconds``; a try that had to end has the problem
    ``deadline``. Certificates are never required here: what is shown is told, with why it would not be trusted.
    """
    wanted = tuple(asks)
    ends = time.monotonic() + seconds
    if not wanted:
        return ()
    with ThreadPool(min(len(wanted), _AT_ONCE)) as pool:
        return tuple(pool.map(lambda ask: _answer(ask, ends), wanted, chunksize=1))


def _answer(ask: Ask, ends: float) -> Answer:
    tries = tuple(_Attempt(ask).within(ends - time.monotonic()) for _ in range(ask.tries))
    encrypted = ask.scheme in ("https", "tls") and any(hops[0].connected for hops in tries)
    return Answer(ask, tries, _shown(ask, ends) if encrypted else None)


class _Attempt:
    """One try in a thread of its own: a server that sends a byte now and then would outlast every time-out of httpx."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._done: list[Hop] = []
        self._open = Hop(ask.url)
        self._client: httpx.Client | None = None

    def within(self, seconds: float) -> Try:
        """The hops of the try, ended after ``seconds``, and after the time that one request may take."""
        limit = min(seconds, 2 * self._ask.patience_s)
        if limit < _LEAST_S:
            return (replace(self._open, problem="deadline"),)
        began = time.monotonic()
        worker = Thread(target=self._run, daemon=True)
        worker.start()
        worker.join(limit)
        if not worker.is_alive():
            return tuple(self._done)
        with suppress(httpx.HTTPError, OSError, RuntimeError):
            if self._client:
                self._client.close()  # ends the read that the thread waits in
        problem = "deadline" if limit == seconds else "silent" if self._open.connected else "connect-timeout"
        late = replace(self._open, problem=problem, ms=round((time.monotonic() - began) * 1000, 1))
        return (*tuple(self._done), late)

    def _run(self) -> None:
        if not self._ask.scheme.startswith("http"):
            self._done.append(_connected(self._ask))
            return
        with _client(self._ask) as self._client:
            self._follow(self._client, self._ask.url)

    def _follow(self, client: httpx.Client, address: str) -> None:
        for _ in range(MOST_REDIRECTS + 1):
            hop, target = self._request(client, address)
            self._done.append(hop)
            if not target or urlsplit(target).hostname != self._ask.host.lower():
                return
            address = target
        self._done[-1] = replace(self._done[-1], problem="redirects")

    def _request(self, client: httpx.Client, address: str) -> tuple[Hop, str]:
        """One request: its hop, and where a redirect leads to, unmasked."""
        self._open = Hop(masked_urls(address))
        began = time.monotonic()
        try:
            response = client.send(_request(client, self._ask, address, self._trace), stream=True)
            with suppress(httpx.HTTPError, OSError):
                response.close()
            target = _target(address, response)
            hop = replace(self._open, **_head(response), location=masked_urls(target))
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ValueError) as error:
            target, hop = "", replace(self._open, **_why(error, connected=self._open.connected))
        return replace(hop, ms=round((time.monotonic() - began) * 1000, 1)), target

    def _trace(self, event: str, details: dict[str, Any]) -> None:
        """How far the request has come, as httpcore tells it."""
        if event == "connection.connect_tcp.complete":
            peer = details["return_value"].get_extra_info("server_addr")
            self._open = replace(self._open, connected=True, address=_place(peer))


def _client(ask: Ask) -> httpx.Client:
    """A client that believes any certificate, keeps no connection, and goes by no proxy, whose errors would mislead."""
    return httpx.Client(
        verify=_believing(),
        timeout=httpx.Timeout(ask.patience_s),
        limits=httpx.Limits(max_keepalive_connections=0),
        trust_env=False,
    )


def _believing() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _request(client: httpx.Client, ask: Ask, address: str, trace: Any) -> httpx.Request:
    """A GET, as health checks make it: many applications answer HEAD with 405."""
    parts = urlsplit(address)
    port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return client.build_request(
        "GET",
        f"{parts.scheme}://{ask.connect_to or _place((ask.dns or ask.host, port))}{path}",
        headers={
            "Host": url(parts.scheme, ask.host, port, "").partition("://")[2],
            "User-Agent": "ecs-runbook",
            "Accept": "*/*",
        },
        extensions={"sni_hostname": ask.host, "trace": trace},
    )


def _target(address: str, response: httpx.Response) -> str:
    """Where a redirect leads to, ``""`` for any other answer and for what is no address."""
    given = response.headers.get("location", "")
    if not given or response.status_code not in (301, 302, 303, 307, 308):
        return ""
    target = urljoin(address, given)
    return target if target.startswith(("http://", "https://")) and urlsplit(target).hostname else ""


def _head(response: httpx.Response) -> dict[str, Any]:
    words = (response.http_version, str(response.status_code), response.reason_phrase)
    return {
        "status": response.status_code,
        "line": " ".join(filter(None, words))[:_LONGEST],
        "headers": head((_text(name), _text(value)) for name, value in response.headers.raw),
    }


def _text(raw: bytes) -> str:
    """Bytes of a header, which may be of any encoding."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


# What an error of httpx means; the first that fits, where its cause says nothing nearer.
_PROBLEMS: tuple[tuple[type[Exception], str], ...] = (
    (httpx.ConnectTimeout, "connect-timeout"),
    (httpx.PoolTimeout, "connect-timeout"),
    (httpx.TimeoutException, "silent"),
    (httpx.ConnectError, "unreachable"),
    (httpx.NetworkError, "lost"),
    (httpx.ProtocolError, "broken"),
    (httpx.HTTPError, "broken"),
    (socket.gaierror, "not-resolved"),
    (ConnectionRefusedError, "refused"),
    (ssl.SSLError, "tls"),
    (TimeoutError, "connect-timeout"),
    (OSError, "unreachable"),
)
_NEARER = (socket.gaierror, ConnectionRefusedError, ssl.SSLError)
_HUNG_UP = "without sending a response"


def _why(error: BaseException, *, connected: bool) -> dict[str, Any]:
    """The problem behind an error, and the words of whoever knew of it first."""
    causes = list(_causes(error))
    nearer = next((cause for cause in causes if isinstance(cause, _NEARER)), error)
    problem = next((word for kind, word in _PROBLEMS if isinstance(nearer, kind)), "broken")
    if problem == "broken" and _HUNG_UP in str(error):
        problem = "lost"
    if problem == "connect-timeout" and connected:  # it came to a connection, and TLS had no answer
        problem = "silent"
    if problem == "tls" and isinstance(nearer, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        problem = "lost"
    return {"problem": problem, "said": _words(nearer)}


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _words(error: BaseException) -> str:
    said = getattr(error, "strerror", "") or getattr(error, "reason", "") or str(error)
    return masked_urls(str(said))[:_LONGEST]


def _connected(ask: Ask) -> Hop:
    """A connection without a request, for what speaks another protocol than HTTP."""
    hop, began = Hop(ask.url), time.monotonic()
    try:
        with socket.create_connection(_address(ask), ask.patience_s) as plain:
            hop = replace(hop, connected=True, address=_place(plain.getpeername()))
            if ask.scheme == "tls":
                _believing().wrap_socket(plain, server_hostname=ask.host).close()
    except (OSError, ValueError) as error:
        hop = replace(hop, **_why(error, connected=hop.connected))
    return replace(hop, ms=round((time.monotonic() - began) * 1000, 1))


def _shown(ask: Ask, ends: float) -> Shown | None:
    """The certificate that is shown under the name asked for, and whether this computer trusts it."""
    trusting = httpx.create_ssl_context()
    trusting.load_default_certs()
    trusting.check_hostname = False
    der, distrust = _handshake(ask, trusting, ends)
    if not der:
        der, _ = _handshake(ask, _believing(), ends)
    found = certificate(der)
    return Shown(found, distrust) if found else None


def _handshake(ask: Ask, context: ssl.SSLContext, ends: float) -> tuple[bytes, str]:
    """The certificate in DER, or nothing and OpenSSL's words."""
    seconds = min(ask.patience_s, ends - time.monotonic())
    if seconds < _LEAST_S:
        return b"", ""
    try:
        with (
            socket.create_connection(_address(ask), seconds) as plain,
            context.wrap_socket(plain, server_hostname=ask.host) as tls,
        ):
            return tls.getpeercert(binary_form=True) or b"", ""
    except ssl.SSLCertVerificationError as error:
        return b"", error.verify_message
    except (OSError, ValueError):
        return b"", ""


def _address(ask: Ask) -> tuple[str, int]:
    """Where the connection goes to."""
    if ask.connect_to:
        host, _, port = ask.connect_to.rpartition(":")
        return host.strip("[]"), int(port)
    return ask.dns or ask.host, ask.port


def _place(peer: Any) -> str:
    """``HOST:PORT`` of a socket's address, IPv6 in brackets."""
    if not isinstance(peer, tuple) or len(peer) < 2:
        return ""
    host, port = peer[:2]
    return f"[{host}]:{port}" if ":" in str(host) else f"{host}:{port}"
