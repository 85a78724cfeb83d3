"""HTTP/1.1 on loopback with kept connections; a client that speaks TLS first gets HTTPS on the same port."""

import contextlib
import io
import socket
import ssl
import sys
import threading
from collections.abc import Callable
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

from werkzeug.serving import generate_adhoc_ssl_context

from runbook_lib.lab.errors import LabError
from runbook_lib.lab.reply import Reply

LOOPBACK = "127.0.0.1"
Answer = Callable[[dict[str, Any]], tuple[Reply, float]]
_TLS_HANDSHAKE = b"\x16"
_DROPS = 10  # pieces of a body that is sent slowly
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
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening and end every connection."""
        if self._thread:
            self._http.shutdown()
            self._thread.join()
        self._http.close_all()


class _Handler(BaseHTTPRequestHandler):
    """One connection. The answer's own headers are all that is sent."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # TCP_NODELAY: a small reply must not wait for an acknowledgement
    wbufsize = -1  # head and body leave in one segment
    server: "_Http"

    def setup(self) -> None:
        self.scheme = "http"
        if self.request.recv(1, socket.MSG_PEEK) == _TLS_HANDSHAKE:
            self.request = self.server.tls.wrap_socket(self.request, server_side=True)
            self.scheme = "https"
        super().setup()

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            super().handle()

    def finish(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            super().finish()
        if isinstance(self.request, ssl.SSLSocket):
            self.request.close()

    def log_message(self, *_: Any) -> None:
        """Say nothing: standard output holds the ready line alone."""

    def serve(self) -> None:
        """Answer one request of any method."""
        length = int(self.headers.get("Content-Length") or 0)
        reply, now = self.server.answer(self._environ(self.rfile.read(length)))
        self.send_response_only(reply.status)
        for name, value in reply.stamped(now):
            self.send_header(name, value)
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
        path, _, query = self.path.partition("?")
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
            environ["CONTENT_TYPE" if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
        return environ


for _method in ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
    setattr(_Handler, f"do_{_method}", _Handler.serve)


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
        if not isinstance(sys.exc_info()[1], ConnectionError | ssl.SSLError):
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
