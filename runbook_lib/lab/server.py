"""HTTP/1.1 on loopback with kept connections; a client that speaks TLS first gets HTTPS on the same port."""

import contextlib
import io
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

from werkzeug.serving import generate_adhoc_ssl_context

from runbook_lib.lab import intake
from runbook_lib.lab.errors import LabError
from runbook_lib.lab.intake import BadRequestError, TimedReader
from runbook_lib.lab.reply import Reply, phrase

LOOPBACK = "127.0.0.1"
Answer = Callable[[dict[str, Any]], tuple[Reply, float]]
_TLS_HANDSHAKE = b"\x16"
_LINE = 65536  # bytes of a request line
_FRAMING = ("CONTENT_LENGTH", "TRANSFER_ENCODING")  # said by CONTENT_LENGTH of the body as it was read
_DROPS = 10  # pieces of a body that is sent slowly
_SEND = 30.0  # seconds a client may take to take in a piece of the answer
_GRACE = 5.0  # seconds that closing waits for a request under way


class Server:
    """A threaded server around a function that answers WSGI environs; `url` is known as soon as the port is bound.

    Raises `LabError` ``port-in-use`` where the port is taken.
    """

    def __init__(self, answer: Answer, port: int) -> None:
        try:
            self._http = _Http(answer, port)
        except OSError as error:
            raise LabError("port-in-use", port=port) from error
        self.url = f"http://{LOOPBACK}:{self._http.server_address[1]}"
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Serve in a thread of its own."""
        self._thread = threading.Thread(target=self._http.serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening and end every connection."""
        if self._thread:
            self._http.end()
            self._thread.join()
        self._http.close_all()


class _Handler(BaseHTTPRequestHandler):
    """One connection. The answer's own headers are all that is sent."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # TCP_NODELAY: a small reply must not wait for an acknowledgement
    wbufsize = 2**16  # head and body leave in one segment
    server: "_Http"

    def setup(self) -> None:
        self.scheme = "http"
        self.request.settimeout(intake.IDLE)
        if self.request.recv(1, socket.MSG_PEEK) == _TLS_HANDSHAKE:
            self.request.settimeout(intake.PATIENCE)
            self.request = self.server.tls.wrap_socket(self.request, server_side=True)
            self.scheme = "https"
        super().setup()
        self.command, self.requestline, self.request_version = "", "", self.protocol_version
        self.rfile.close()
        self._reader = TimedReader(self.connection)
        self.rfile = io.BufferedReader(self._reader)

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError, ssl.SSLError, TimeoutError):
            super().handle()

    def handle_one_request(self) -> None:
        """Take in a request and answer it, whatever its method is."""
        self.close_connection = True
        self._reader.await_request()
        try:
            environ = self._take_in()
        except BadRequestError as error:
            self.send_error(error.status, error.why)
        except TimeoutError:
            if self._reader.begun:
                self.send_error(408, "the request was not complete in time")
        else:
            if environ is not None:
                self._write(*self.server.answer(environ))

    def _take_in(self) -> dict[str, Any] | None:
        """Return the request as a WSGI environ; None where there is none, or one that was answered already."""
        self.raw_requestline = self.rfile.readline(_LINE + 1)
        if not self.raw_requestline:
            return None
        self._reader.note_begun()
        if len(self.raw_requestline) > _LINE:
            raise BadRequestError(414, "the request line is too long")
        self.requestline = self.raw_requestline.decode("latin-1").rstrip("\r\n")
        self.command, self.path, self.request_version = intake.request_line(self.requestline)
        self.headers = intake.headers(self.rfile)
        if self.request_version != "HTTP/1.0" and len(self.headers.get_all("Host", [])) != 1:
            raise BadRequestError(400, "a request of HTTP/1.1 has one Host header")  # RFC 9112, 3.2
        wish = self.headers.get("Connection", "").lower()
        keeps = self.request_version != "HTTP/1.0"
        self.close_connection = wish == "close" if keeps else wish != "keep-alive"
        if keeps and self.headers.get("Expect", "").lower() == "100-continue":
            self.handle_expect_100()
        return self._environ(intake.body(self.headers, self.rfile))

    def handle_expect_100(self) -> bool:
        """Ask for the body that a client holds back."""
        super().handle_expect_100()
        self.wfile.flush()
        return True

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Say what is wrong with a request and end the connection; that is never an error of the lab's own."""
        self.close_connection = True
        status = 400 if code >= 500 else code
        text = f"{message or explain or phrase(status)}\n"
        self._write(Reply(status, text.encode("utf-8", "replace"), [("Content-Type", "text/plain")]), time.time())

    def finish(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            super().finish()
        if isinstance(self.request, ssl.SSLSocket):
            self.request.close()

    def log_message(self, *_: Any) -> None:
        """Say nothing: standard output holds the ready line alone."""

    def _write(self, reply: Reply, now: float) -> None:
        self.connection.settimeout(_SEND)
        self.send_response_only(reply.status)
        for name, value in reply.stamped(now):
            self.send_header(name, _one_line(value))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self._send(reply)
        self.wfile.flush()

    def _send(self, reply: Reply) -> None:
        """Send the body: at once, over some seconds, or its first half and then the end of the connection."""
        if reply.truncated:
            self.close_connection = True
        body = reply.body[: len(reply.body) // 2] if reply.truncated else reply.body
        size = -(-len(body) // _DROPS) if reply.drip and body else len(body) or 1
        for start in range(0, len(body), size):
            self.wfile.write(body[start : start + size])
            if reply.drip:
                self.wfile.flush()
                self.server.closing.wait(reply.drip / _DROPS)

    def _environ(self, body: bytes) -> dict[str, Any]:
        path, _, query = self._target().partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote(path, "latin-1"),
            "RAW_URI": self.path,
            "REQUEST_URI": self.path,
            "QUERY_STRING": query,
            "SERVER_NAME": LOOPBACK,
            "SERVER_PORT": str(self.server.server_address[1]),
            "SERVER_PROTOCOL": self.request_version,
            "REMOTE_ADDR": self.client_address[0],
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": self.scheme,
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "runbook_lab.socket": self.connection,
        }
        for name, value in self.headers.items():
            key = name.upper().replace("-", "_")
            if key not in _FRAMING:
                environ["CONTENT_TYPE" if key == "CONTENT_TYPE" else f"HTTP_{key}"] = str(value)
        return environ

    def _target(self) -> str:
        """Return path and query, also of a request that names the whole URL as requests to a proxy do."""
        if self.path.startswith("/"):
            return self.path
        try:
            url = urlsplit(self.path)
        except ValueError as error:
            raise BadRequestError(400, "the request target is no URL") from error
        if url.scheme not in ("http", "https"):
            raise BadRequestError(400, "the request target is no path")
        del self.headers["Host"]
        self.headers["Host"] = url.netloc
        return f"{url.path or '/'}?{url.query}"


def _one_line(value: str) -> str:
    """Return a header's value without what would end it."""
    if value.isascii() and value.isprintable():
        return value
    return "".join(c for c in value if c.isprintable()).encode("latin-1", "replace").decode("latin-1")


class _Http(ThreadingHTTPServer):
    """Knows its open connections, so that closing leaves neither sockets nor threads."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, answer: Answer, port: int) -> None:
        self.answer = answer
        self.closing = threading.Event()
        self._open: dict[socket.socket, threading.Thread] = {}
        self._guard = threading.Lock()
        super().__init__((LOOPBACK, port), _Handler)

    @cached_property
    def tls(self) -> ssl.SSLContext:
        """A self-signed certificate, made when the first client wants TLS."""
        return generate_adhoc_ssl_context()

    def server_bind(self) -> None:
        """Bind without asking a name server for the host's name, which may take seconds."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()

    def serve(self) -> None:
        """Take connections until `end`; `serve_forever` would look every so often whether it shall end."""
        while not self.closing.is_set():
            self.handle_request()

    def end(self) -> None:
        """Take no more connections: one of our own wakes `serve`, which waits for the next."""
        self.closing.set()
        with contextlib.suppress(OSError):
            socket.create_connection(self.server_address[:2], _GRACE).close()

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Say whether a connection is served."""
        return not self.closing.is_set()

    def process_request(self, request: Any, client_address: Any) -> None:
        worker = threading.Thread(target=self.process_request_thread, args=(request, client_address), daemon=True)
        with self._guard:
            self._open[request] = worker
        worker.start()

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        with self._guard:
            self._open.pop(request, None)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that breaks off is no error of the lab; anything else is shown."""
        if not isinstance(sys.exc_info()[1], ConnectionError | ssl.SSLError | TimeoutError):
            super().handle_error(request, client_address)

    def close_all(self) -> None:
        self.closing.set()
        with self._guard:
            waiting = dict(self._open)
        for connection in waiting:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for worker in waiting.values():
            worker.join(_GRACE)
        self.server_close()
