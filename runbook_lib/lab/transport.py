"""boto3 clients that call a WSGI application in the same process, with no socket in between."""

import io
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, ClassVar
from urllib.parse import unquote, urlsplit

import boto3
import botocore.session
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.loaders import JSONFileLoader, Loader

from runbook_lib.lab.reply import Reply

WsgiApplication = Callable[..., Iterable[bytes]]
INTERNAL = "runbook_lab.internal"


class _ReadOnce(JSONFileLoader):
    """Reads each model file once a process: importing moto's EC2 alone reads the same 3 MB four times."""

    _read: ClassVar[dict[str, Any]] = {}

    def load_file(self, file_path: str) -> Any:
        if file_path not in self._read:
            self._read[file_path] = super().load_file(file_path)
        return self._read[file_path]


Loader.FILE_LOADER_CLASS = _ReadOnce
SESSION = botocore.session.Session()
_KEY = "lab"  # access key and secret alike; moto checks neither


def ask(application: WsgiApplication, environ: dict[str, Any]) -> Reply:
    """Call a WSGI application and return its whole reply."""
    head: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], _error: object = None) -> None:
        head[:] = [int(status.split(maxsplit=1)[0]), headers]

    chunks = application(environ, start_response)
    try:
        body = b"".join(chunks)
    finally:
        close = getattr(chunks, "close", None)
        if close is not None:
            close()
    return Reply(head[0], body, list(head[1]))


class Clients:
    """boto3 clients by service, account and Region, all answered by one WSGI application."""

    def __init__(self, application: WsgiApplication) -> None:
        self._application = application
        self._session: Any = boto3.Session(_KEY, _KEY, botocore_session=SESSION)
        self._known: dict[tuple[str, str, str], Any] = {}
        self._lock = threading.Lock()

    def get(self, service: str, account: str, region: str) -> Any:
        """Return the client, made on its first use."""
        key = (service, account, region)
        with self._lock:
            if key not in self._known:
                self._known[key] = self._make(service, account, region)
            return self._known[key]

    def _make(self, service: str, account: str, region: str) -> Any:
        config = Config(retries={"total_max_attempts": 1}, parameter_validation=False)
        client = self._session.client(service, region_name=region, endpoint_url="http://lab/", config=config)

        def send(request: AWSPreparedRequest, **_: object) -> AWSResponse:
            return self._send(request, account)

        client.meta.events.register("before-send", send)
        return client

    def _send(self, request: AWSPreparedRequest, account: str) -> AWSResponse:
        headers = {
            name: value.decode() if isinstance(value, bytes) else str(value) for name, value in request.headers.items()
        }
        environ = internal_environ(request.method, request.url, headers, _body(request.body), account)
        reply = ask(self._application, environ)
        headers_back: Any = dict(reply.headers)
        return AWSResponse(request.url, reply.status, headers_back, _Raw(reply.body))


class _Raw(io.BytesIO):
    """A body as botocore reads it from urllib3."""

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        yield self.read()


def internal_environ(
    method: str, address: str, headers: Mapping[str, str], body: bytes, account: str
) -> dict[str, Any]:
    """Return the WSGI environ of a request that the lab makes itself: it is not recorded and meets no faults."""
    url = urlsplit(address)
    environ: dict[str, Any] = {
        INTERNAL: True,
        "REQUEST_METHOD": method,
        "PATH_INFO": unquote(url.path) or "/",
        "QUERY_STRING": url.query,
        "SERVER_NAME": "lab",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_HOST": url.netloc,
        "HTTP_X_MOTO_ACCOUNT_ID": account,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in headers.items():
        key = name.upper().replace("-", "_")
        environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
    return environ


def _body(body: Any) -> bytes:
    if hasattr(body, "read"):
        body = body.read()
    return body.encode() if isinstance(body, str) else body or b""
