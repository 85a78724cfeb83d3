"""A web server of Jupyter's beside a command: started with its log, told once it answers, ended with its kernels."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from runbook_lib.archive.incidents import close_practice
from runbook_lib.cli.options import ASKED_LANG, LANG
from runbook_lib.cli.shell import show
from runbook_lib.errors import InputError
from runbook_lib.parameters import Parameters, from_file, home, resolve
from runbook_lib.text import say

_START = 60.0  # seconds that a server may take to come up; it needs two
_END = 10.0  # seconds that it may take to end its kernels and terminals


@dataclass(frozen=True)
class Server:
    """A server: the module that Python runs, its arguments, the path that is asked whether it answers, its first page.

    ``ready`` and ``ended`` are keys of what is said once it answers and at Ctrl-C; ``failed`` that of the error.
    """

    module: str
    words: tuple[str, ...]
    asked: str
    page: str
    ready: str
    ended: str
    failed: str


def required(module: str) -> None:
    """Raises ``InputError`` where a package of the extra ``jupyter`` is not installed."""
    if find_spec(module) is None:
        raise InputError("extra-missing", module=module, extra="jupyter")


def free(port: int, key: str) -> None:
    """Raises ``InputError`` of this key where a port is taken, before anything starts."""
    with socket.socket() as probe:
        if os.name == "posix":  # a port whose last connections have just ended is free, as servers see it
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise InputError(key, port=port) from error


def run(server: Server, environment: Mapping[str, str], log: Path, **facts: Any) -> None:
    """Runs a server until either is ended; ``facts`` go into what is said once it is ready, beside its ``url``.

    Raises
    ------
    InputError
        It does not start.
    """
    if ASKED_LANG:
        _switch_language(environment)
    with TemporaryDirectory(prefix="ecs-runbook-") as runtime, _ended_by_signals():
        process = _started(server, {**environment, "JUPYTER_RUNTIME_DIR": runtime}, log)
        try:
            show(say(server.ready, LANG, url=_address(server, process, Path(runtime), log), **facts).rstrip())
            process.wait()
        except KeyboardInterrupt:
            show(say(server.ended, LANG))
        finally:
            _end(process)


def _switch_language(given: Mapping[str, str]) -> None:
    """Who names a language switches to it, as by a click in a page, whatever was clicked before."""
    from runbook_lib.guided.candidates import remember_language

    remember_language(Parameters(outputs=given.get("ECS_RUNBOOK_OUTPUTS") or "outputs"), LANG)


def environment() -> dict[str, str]:
    """What a server's kernels get as they would get it here: the folder and the language of this command."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return {**os.environ, "ECS_RUNBOOK_HOME": str(home()), "ECS_RUNBOOK_LANG": LANG, "PATH": path}


def environment_of(lab: Any) -> dict[str, str]:
    """The lab for every AWS client, and its parameters for notebooks and commands, without the user's own AWS."""
    kept = {name: value for name, value in environment().items() if not name.startswith(("AWS_", "ECS_RUNBOOK_"))}
    keys = ("ECS_RUNBOOK_OUTPUTS", "ECS_RUNBOOK_TIMEZONE", "ECS_RUNBOOK_HOME", "ECS_RUNBOOK_LANG")
    return {
        **kept,
        **{name: value for name, value in environment().items() if name in keys},
        **parameters_of(lab.params),
        "AWS_ENDPOINT_URL": lab.endpoint_url,
        "AWS_DEFAULT_REGION": lab.region,
        "AWS_ACCESS_KEY_ID": "lab",
        "AWS_SECRET_ACCESS_KEY": "lab",
        "AWS_PAGER": "",
    }


def begin_practice() -> None:
    """Closes what earlier practice left open, so that nobody is led on from there; an archive of others' is left."""
    with suppress(InputError):
        close_practice(resolve(os.environ.get("ECS_RUNBOOK_OUTPUTS") or "outputs"))


def parameters_of(file: Path) -> dict[str, str]:
    """The parameters of a file, as variables for every notebook and command below."""
    return {f"ECS_RUNBOOK_{name.upper()}": str(value) for name, (value, _) in from_file(file).items()}


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """A terminal that is closed ends both as Ctrl-C does."""
    before = signal.signal(signal.SIGHUP, signal.getsignal(signal.SIGTERM)) if hasattr(signal, "SIGHUP") else None
    try:
        yield
    finally:
        if hasattr(signal, "SIGHUP"):
            signal.signal(signal.SIGHUP, before)


def _started(server: Server, given: Mapping[str, str], log: Path) -> "subprocess.Popen[bytes]":
    """The server in a session of its own: the terminal's Ctrl-C reaches us alone, and we end it."""
    words = [sys.executable, "-m", "runbook_lib.quick", server.module, *server.words]
    with log.open("wb") as out:
        return subprocess.Popen(
            words, env=given, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
        )


def _address(server: Server, process: "subprocess.Popen[bytes]", runtime: Path, log: Path) -> str:
    """The address with its token, once the server has told it in the file that Jupyter keeps for that."""
    told = runtime / f"jpserver-{process.pid}.json"
    until = time.monotonic() + _START
    while time.monotonic() < until and process.poll() is None:
        if told.exists() and (found := _json(told)) and _answers(server, found):
            return f"{found['url']}{server.page}" + (f"?token={found['token']}" if found["token"] else "")
        time.sleep(0.05)
    lines = log.read_text("utf-8", "replace").strip().splitlines()
    raise InputError(server.failed, file=str(log), problem=lines[-1] if lines else "-")


def _answers(server: Server, told: dict[str, Any]) -> bool:
    """Whether this server answers at its address, and not another one that took the port in the same moment."""
    connection = http.client.HTTPConnection("127.0.0.1", told["port"], timeout=5)
    try:
        path = f"{told['base_url']}{server.asked}"
        connection.request("GET", path, headers={"Authorization": f"token {told['token']}"})
        return connection.getresponse().status < HTTPStatus.BAD_REQUEST
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _json(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:  # half written
        return {}
    return found


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End the server with its kernels and terminals; a second Ctrl-C does not cut that short."""
    ignored = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, signal.SIG_IGN) for number in ignored}
    process.terminate()
    try:
        process.wait(_END)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
