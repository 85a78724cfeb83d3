"""The lab and JupyterLab together: one command starts both, one Ctrl-C ends both."""

import os
import shlex
from pathlib import Path
from typing import Any

from runbook_lib import shipped
from runbook_lib.cli import web
from runbook_lib.cli.options import LANG
from runbook_lib.errors import InputError
from runbook_lib.parameters import home
from runbook_lib.text import say

_NOTEBOOK = "notebooks/00_start.ipynb"


def practise(lab: Any, folder: Path) -> None:
    """Run JupyterLab beside a running lab until either is ended; its log goes into ``folder``.

    Raises
    ------
    InputError
        JupyterLab is not installed, does not start, or has no notebook of ours to open.
    """
    web.required("jupyterlab")
    if not (home() / _NOTEBOOK).is_file():
        raise InputError("practice-no-notebooks", file=str(home() / _NOTEBOOK), quoted=shlex.quote(str(home())))
    web.begin_practice()
    order = say(f"cli.practice.order.{'installed' if shipped.INSTALLED else 'checkout'}", LANG)
    facts = {"order": order, "endpoint_url": lab.endpoint_url, "region": lab.region, "folder": folder}
    web.run(_jupyterlab(), web.environment_of(lab), folder / "jupyterlab.log", **facts)


def _jupyterlab() -> web.Server:
    return web.Server(
        module="jupyterlab",
        words=tuple(_words()),
        asked="api/status",
        page=f"lab/tree/{_NOTEBOOK}",
        ready="cli.practice.ready",
        ended="cli.practice.ended",
        failed="jupyter-not-started",
    )


def _words() -> list[str]:
    words = ["--no-browser", "--ServerApp.ip=127.0.0.1", f"--ServerApp.root_dir={home()}"]
    words += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    words += ["--LabApp.news_url="]  # nothing is fetched from elsewhere
    words += ["--ServerApp.terminado_settings={'shell_command': ['" + _shell() + "']}"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:  # as in most containers
        words.append("--allow-root")
    return words


def _shell() -> str:
    """The user's shell, without the ``-l`` that JupyterLab gives it: a login shell would set PATH anew."""
    return os.environ.get("SHELL") or "sh"
