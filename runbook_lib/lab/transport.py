"""Clients of AWS services that call a WSGI application in the same process, with no socket in between."""

import io
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

from botocore import xform_name
from botocore.awsrequest import HeadersDict
from botocore.exceptions import ClientError
from botocore.model import OperationModel
from botocore.parsers import create_parser
from botocore.serialize import create_serializer

from runbook_lib.lab.embedded import ACTION, service_model
from runbook_lib.lab.reply import Reply

WsgiApplication = Callable[..., Iterable[bytes]]
INTERNAL = "runbook_lab.internal"
_HOST = "http://lab"


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


class Client:
    """One service's operations as methods, with boto3's names, arguments and answers.

    Requests and answers go through botocore's serializer and parser. What takes longer than a call within a process is
    left out: endpoints, signatures, retries, waiters, paginators, checks of parameters. An error is a `ClientError`.
    """

    def __init__(self, application: WsgiApplication, service: str, account: str, region: str) -> None:
        self._application = application
        self._service = service
        self._account = account
        model = service_model(service)
        protocol = str(model.resolved_protocol)
        self._serializer = create_serializer(protocol, include_validation=False)
        self._parser = create_parser(protocol)
        scope = f"lab/20260101/{region}/{model.signing_name}/aws4_request"
        self._headers = {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"}

    def __getattr__(self, method: str) -> Callable[..., Any]:
        operation = _operation(self._service, method)
        if operation is None:
            raise AttributeError(f"{self._service} has no operation {method}")
        return partial(self._call, service_model(self._service).operation_model(operation))

    def _call(self, operation: OperationModel, **parameters: Any) -> Any:
        request = self._serializer.serialize_to_request(parameters, operation)
        reply = ask(self._application, self._environ(operation, request))
        answer = {"status_code": reply.status, "headers": HeadersDict(dict(reply.headers)), "body": reply.body}
        shape: Any = operation.output_shape
        parsed = self._parser.parse(answer, shape)
        if reply.status >= 300:
            raise ClientError(parsed, operation.name)
        return parsed

    def _environ(self, operation: OperationModel, request: dict[str, Any]) -> dict[str, Any]:
        query, body = request["query_string"], request["body"]
        address = _HOST + request["url_path"] + (f"?{urlencode(query)}" if query else "")
        headers = {name: str(value) for name, value in request["headers"].items()}
        data = urlencode(body) if isinstance(body, dict) else body
        data = data.encode() if isinstance(data, str) else bytes(data)
        environ = internal_environ(request["method"], address, {**self._headers, **headers}, data, self._account)
        return {**environ, ACTION: operation.name}


@cache
def _operation(service: str, method: str) -> str | None:
    """Return the operation of a method of boto3; most names need no look at all of a service's operations."""
    names = service_model(service).operation_names
    likely = "".join(part.capitalize() for part in method.split("_"))
    return likely if likely in names else next((name for name in names if xform_name(name) == method), None)


class Clients:
    """Clients by service, account and Region, all answered by one WSGI application."""

    def __init__(self, application: Any) -> None:
        self.application = application
        self._known: dict[tuple[str, str, str], Client] = {}
        self._lock = threading.Lock()

    def get(self, service: str, account: str, region: str) -> Any:
        """Return the client, made on its first use."""
        key = (service, account, region)
        with self._lock:
            if key not in self._known:
                self._known[key] = Client(self.application, *key)
            return self._known[key]


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
