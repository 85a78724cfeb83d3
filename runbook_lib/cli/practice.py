"""The lab and JupyterLab together: one command starts both, one Ctrl-C ends both."""

import http.client
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from runbook_lib import shipped
from runbook_lib.cli.options import LANG
from runbook_lib.cli.shell import show
from runbook_lib.errors import InputError
from runbook_lib.parameters import from_file, home
from runbook_lib.text import say

_START = 60.0  # seconds that JupyterLab may take to come up; it needs two
_END = 10.0  # seconds that it may take to end its kernels and terminals
_LOG = "jupyterlab.log"
_NOTEBOOK = "notebooks/10_diagnose.ipynb"


def practise(lab: Any, folder: Path) -> None:
    """Run JupyterLab beside a running lab until either is ended; its log goes into ``folder``.

    Raises
    ------
    InputError
        JupyterLab is not installed, does not start, or has no notebook of ours to open.
    """
    if find_spec("jupyterlab") is None:
        raise InputError("extra-missing", module="jupyterlab", extra="jupyter")
    if not (home() / _NOTEBOOK).is_file():
        raise InputError("practice-no-notebooks", file=str(home() / _NOTEBOOK), quoted=shlex.quote(str(home())))
    with TemporaryDirectory(prefix="ecs-runbook-") as runtime, _ended_by_signals():
        log = folder / _LOG
        server = _started(_environment(lab, runtime), log)
        try:
            url = _address(server, Path(runtime), log)
            order = say(f"cli.practice.order.{'installed' if shipped.INSTALLED else 'checkout'}", LANG)
            facts = {"url": url, "endpoint_url": lab.endpoint_url, "region": lab.region, "folder": folder}
            facts["order"] = order
            show(say("cli.practice.ready", LANG, **facts).rstrip())
            server.wait()
        except KeyboardInterrupt:
            show(say("cli.practice.ended", LANG))
        finally:
            _end(server)


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """A terminal that is closed ends both as Ctrl-C does."""
    before = signal.signal(signal.SIGHUP, signal.getsignal(signal.SIGTERM)) if hasattr(signal, "SIGHUP") else None
    try:
        yield
    finally:
        if hasattr(signal, "SIGHUP"):
            signal.signal(signal.SIGHUP, before)


def _started(environment: dict[str, str], log: Path) -> "subprocess.Popen[bytes]":
    """JupyterLab in a session of its own: the terminal's Ctrl-C reaches us alone, and we end it."""
    words = [sys.executable, "-m", "jupyterlab", "--no-browser", "--ServerApp.ip=127.0.0.1"]
    words += [f"--ServerApp.root_dir={home()}", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    words += ["--LabApp.news_url="]  # nothing is fetched from elsewhere
    words += ["--ServerApp.terminado_settings={'shell_command': ['" + _shell() + "']}"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:  # as in most containers
        words.append("--allow-root")
    with log.open("wb") as out:
        return subprocess.Popen(
            words, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
        )


def _shell() -> str:
    """The user's shell, without the ``-l`` that JupyterLab gives it: a login shell would set PATH anew."""
    return os.environ.get("SHELL") or "sh"


def _environment(lab: Any, runtime: str) -> dict[str, str]:
    """The lab for every AWS client, and its parameters for notebooks and commands, without the user's own AWS."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "ECS_RUNBOOK_"))}
    ours = {f"ECS_RUNBOOK_{name.upper()}": str(value) for name, (value, _) in from_file(lab.params).items()}
    keys = ("ECS_RUNBOOK_OUTPUTS", "ECS_RUNBOOK_TIMEZONE")
    return {
        **kept,
        **{name: os.environ[name] for name in keys if name in os.environ},
        **ours,
        "ECS_RUNBOOK_HOME": str(home()),
        "ECS_RUNBOOK_LANG": LANG,
        "AWS_ENDPOINT_URL": lab.endpoint_url,
        "AWS_DEFAULT_REGION": lab.region,
        "AWS_ACCESS_KEY_ID": "lab",
        "AWS_SECRET_ACCESS_KEY": "lab",
        "AWS_PAGER": "",
        "JUPYTER_RUNTIME_DIR": runtime,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
    }


def _address(server: "subprocess.Popen[bytes]", runtime: Path, log: Path) -> str:
    """The address with its token, once JupyterLab has told it in the file that it keeps for that."""
    told = runtime / f"jpserver-{server.pid}.json"
    until = time.monotonic() + _START
    while time.monotonic() < until and server.poll() is None:
        if told.exists() and (found := _json(told)) and _answers(found):
            return f"{found['url']}lab/tree/{_NOTEBOOK}?token={found['token']}"
        time.sleep(0.05)
    lines = log.read_text("utf-8", "replace").strip().splitlines()
    raise InputError("jupyter-not-started", file=str(log), problem=lines[-1] if lines else "-")


def _answers(told: dict[str, Any]) -> bool:
    """Whether this JupyterLab answers at its address, and not another one that took the port in the same moment."""
    connection = http.client.HTTPConnection("127.0.0.1", told["port"], timeout=5)
    try:
        connection.request("GET", f"{told['base_url']}api/status", headers={"Authorization": f"token {told['token']}"})
        return connection.getresponse().status == HTTPStatus.OK
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


def _end(server: "subprocess.Popen[bytes]") -> None:
    """End JupyterLab with its kernels and terminals; a second Ctrl-C does not cut that short."""
    ignored = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, signal.SIG_IGN) for number in ignored}
    server.terminate()
    try:
        server.wait(_END)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
