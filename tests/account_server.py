"""An account on loopback that has whatever names a test says, in pages as AWS gives them."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

ARN = "arn:aws:ecs:eu-west-1:210987654321:"


class AccountServer:
    """Answers ListClusters and ListServices; ``endpoint_url`` is its address, ``asked`` the operations so far.

    ``names`` are the services of each cluster. An answer waits for ``gate``, once it has been cleared.
    """

    def __init__(self, names: dict[str, list[str]], denied: tuple[str, ...] = ()) -> None:
        self.names, self.denied = names, denied
        self.asked: list[str] = []
        self.gate = threading.Event()
        self.gate.set()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.endpoint_url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def answer(self, operation: str, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """The status and the body of one request."""
        self.asked.append(operation)
        self.gate.wait(20)
        if operation in self.denied:
            return 400, {"__type": "AccessDeniedException", "message": "no"}
        if operation == "ListClusters":
            return self._page("clusterArns", [f"{ARN}cluster/{name}" for name in self.names], asked)
        if asked["cluster"] not in self.names:
            return 400, {"__type": "ClusterNotFoundException", "message": "Cluster not found."}
        found = [f"{ARN}service/{asked['cluster']}/{name}" for name in self.names[asked["cluster"]]]
        return self._page("serviceArns", found, asked)

    def _page(self, member: str, arns: list[str], asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        start, size = int(asked.get("nextToken") or 0), asked["maxResults"]
        more = {"nextToken": str(start + size)} if start + size < len(arns) else {}
        return 200, {member: arns[start : start + size], **more}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or "{}")
                status, body = server.answer(self.headers["X-Amz-Target"].rpartition(".")[2], asked)
                content = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/x-amz-json-1.1")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        return Handler

    def __enter__(self) -> AccountServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.gate.set()
        self._server.shutdown()
        self._server.server_close()
