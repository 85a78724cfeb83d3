"""The command that serves the guided path as web pages, for people who do not open notebooks."""

from pathlib import Path
from typing import Annotated, Any

import typer

from runbook_lib.cli.lab import a_lab, lab_folder
from runbook_lib.cli.options import Lang, Options, app, help_of, optioned

_PORT = 8866  # Voilà's own
_Port = Annotated[int, typer.Option("--port", min=0, max=65535, help=help_of("option.page_port"))]
_LabPort = Annotated[int | None, typer.Option("--lab-port", min=0, max=65535, help=help_of("option.lab_port"))]

_OPTIONS: Options = {
    "port": (_Port, _PORT),
    "no_token": (Annotated[bool, typer.Option("--no-token", help=help_of("option.no_token"))], False),
    "params": (Annotated[Path | None, typer.Option("--params", help=help_of("option.params"))], None),
    "lab": (Annotated[bool, typer.Option("--lab", help=help_of("option.beside_lab"))], False),
    "scenario": (Annotated[str, typer.Option("--scenario", help=help_of("option.lab_scenario"))], ""),
    "lab_port": (_LabPort, None),
    "lang": (Lang, ""),
}


@optioned(app, "serve", _OPTIONS)
def serve(given: dict[str, Any]) -> None:
    """Serves the notebooks as web pages until it is interrupted."""
    from runbook_lib.cli import voila

    server = voila.checked(given["port"], token=not given["no_token"])
    if given["lab"] or given["scenario"]:
        _beside_lab(server, given["scenario"] or "guide", given["lab_port"])
    else:
        server.on_aws(given["params"])


def _beside_lab(server: Any, scenario: str, port: int | None) -> None:
    from runbook_lib.cli import web

    with a_lab() as lab, lab_folder(scenario, port) as folder:
        port = lab.DEFAULT_PORT if port is None else port
        web.free(port, "lab-port-in-use")
        with lab.start(scenario, port=port, rate=1.0, folder=folder) as running:
            server.beside(running, folder)
