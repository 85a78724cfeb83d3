"""Voilà as the command ``serve`` runs it: on the real AWS, or beside a lab."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runbook_lib.cli import web
from runbook_lib.cli.options import LANG
from runbook_lib.errors import InputError
from runbook_lib.parameters import home, resolve

_FIRST = ("00_start.ipynb", "10_diagnose.ipynb")
_LOG = "voila.log"


@dataclass(frozen=True)
class Voila:
    """The pages to serve: the first one, the port, and whether a token is asked for."""

    first: str
    port: int
    token: bool

    def on_aws(self, params: Path | None) -> None:
        """Serves until it is ended; notebooks find the AWS and the parameters that a command here would find."""
        given = web.environment() | (web.parameters_of(params) if params else {})
        self._run(given, _log_folder() / _LOG, "cli.pages.ready_aws")

    def beside(self, lab: Any, folder: Path) -> None:
        """Serves until it is ended; notebooks find the lab."""
        facts = {"endpoint_url": lab.endpoint_url, "region": lab.region, "folder": folder}
        web.begin_practice()
        self._run(web.environment_of(lab), folder / _LOG, "cli.pages.ready_lab", **facts)

    def _run(self, given: Mapping[str, str], log: Path, ready: str, **facts: Any) -> None:
        outputs = resolve(given.get("ECS_RUNBOOK_OUTPUTS") or "outputs")
        settings = {
            "home": str(home()), "outputs": str(outputs), "first": self.first, "port": self.port,
            "lang": LANG, "token": self.token,
        }  # fmt: skip
        server = web.Server(
            module="runbook_lib.serving",
            words=(json.dumps(settings),),
            asked="",
            page="",
            ready=ready,
            ended="cli.pages.ended",
            failed="serve-not-started",
        )
        web.run(server, given, log, **facts)


def checked(port: int, *, token: bool) -> Voila:
    """The pages to serve, once everything that they need is there.

    Raises
    ------
    InputError
        Voilà is not installed, there are no notebooks, or the port is taken.
    """
    web.required("voila")
    folder = resolve("notebooks")
    first = next((name for name in _FIRST if (folder / name).is_file()), None)
    if first is None:
        raise InputError("practice-no-notebooks", file=str(folder / _FIRST[0]), quoted=shlex.quote(str(home())))
    web.free(port, "port-in-use")
    return Voila(first, port, token)


def _log_folder() -> Path:
    folder = home() / ".serve"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError("file-unwritable", file=str(folder), problem=error.strerror or "") from error
    return folder
