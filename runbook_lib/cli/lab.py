"""The lab's commands: up, scenarios."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from runbook_lib.cli.options import LANG, Command, Json, Lang, Options, group, help_of, optioned
from runbook_lib.cli.shell import show
from runbook_lib.errors import InputError
from runbook_lib.text.visible import visible_json

lab_app = group("lab")


_UP: Options = {
    "scenario": (Annotated[str, typer.Option("--scenario", help=help_of("option.scenario"))], "guide"),
    "port": (Annotated[int | None, typer.Option("--port", min=0, max=65535, help=help_of("option.port"))], None),
    "speed": (Annotated[float, typer.Option("--speed", help=help_of("option.speed"))], 1.0),
    "seed": (Annotated[int, typer.Option("--seed", min=0, max=2**63, help=help_of("option.lab_seed"))], 0),
    "start": (Annotated[str, typer.Option("--start", help=help_of("option.start"))], ""),
    "jupyter": (Annotated[bool, typer.Option("--jupyter", help=help_of("option.jupyter"))], False),
    "lang": (Lang, ""),
}


@optioned(lab_app, "up", _UP)
def lab_up(given: dict[str, Any]) -> None:
    """Serves the lab until it is interrupted."""
    scenario, port = given["scenario"], given["port"]
    with a_lab() as lab, lab_folder(scenario, port) as folder:
        how = {
            "port": lab.DEFAULT_PORT if port is None else port, "rate": rate(given["speed"]), "folder": folder,
            "seed": given["seed"], "start": given["start"] or None,
        }  # fmt: skip
        if not given["jupyter"]:
            lab.serve(scenario, **how)
            return
        from runbook_lib.cli.practice import practise

        with lab.start(scenario, **how) as running:
            practise(running, folder)


def rate(speed: float) -> float:
    """The clock's speed, simulated seconds a second.

    Raises
    ------
    InputError
        It is negative, too high or no number.
    """
    from runbook_lib.lab.clock import FASTEST

    if not 0 <= speed <= FASTEST:
        raise InputError("speed-unusable", speed=f"{speed:g}", most=FASTEST)
    return speed


@contextmanager
def lab_folder(scenario: str, port: int | None) -> Iterator[Path]:
    """Where the lab writes its files: ``.lab/<scenario>``; a lab on a port of its own has a folder of its own."""
    from shutil import rmtree

    from runbook_lib.parameters import home

    stem = Path(scenario).stem
    if port != 0:
        yield home() / ".lab" / (stem if port is None else f"{stem}-{port}")
        return
    folder = home() / ".lab" / f"{stem}-{os.getpid()}"
    try:
        yield folder
    finally:
        rmtree(folder, ignore_errors=True)


@lab_app.command("scenarios", cls=Command, help=help_of("lab_scenarios"))
def lab_scenarios(lang: Lang = "", as_json: Json = False) -> None:
    """Lists the scenarios with their descriptions."""
    with a_lab() as lab:
        rows = [(name, getattr(lab.describe(name).description, LANG)) for name in (*lab.names(), *lab.DRAWN)]
    if as_json:
        show(visible_json([{"name": name, "description": text} for name, text in rows]))
        return
    show("\n".join(_in_columns(rows)))


def _in_columns(rows: list[tuple[str, str]]) -> Iterator[str]:
    """Names, and beside each its description, which is broken where the line ends."""
    from runbook_lib.report.plain import WIDTH, padded, wrapped

    width = max(len(name) for name, _ in rows) + 2
    for name, text in rows:
        for place, line in enumerate(wrapped(text, WIDTH - width)):
            yield padded("" if place else name, width) + line


@contextmanager
def a_lab() -> Iterator[Any]:
    """The lab, which is an extra and speaks in keys and facts of its own."""
    from runbook_lib import lab

    try:
        yield lab
    except ModuleNotFoundError as error:
        raise InputError("extra-missing", module=error.name or "", extra="lab") from error
    except lab.LabError as error:
        raise _worded(error.key, error.facts) from error


def _worded(key: str, facts: dict[str, Any]) -> InputError:
    """The lab's error as one of ours; where no name is near, it tells those that there are."""
    if key == "unknown-scenario" and not facts["nearest"]:
        return InputError("unknown-scenario-among", name=facts["name"], known=", ".join(facts["known"]))
    return InputError(key, **facts)
