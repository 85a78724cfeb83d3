"""Laying out notebooks and parameters files for a user of the installed package."""

import os
import shlex
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from runbook_lib.cli.options import LANG, Json, Lang, Options, app, help_of, optioned
from runbook_lib.cli.shell import show
from runbook_lib.text import say
from runbook_lib.text.visible import one_line, visible_json

if TYPE_CHECKING:
    from runbook_lib.laying_out import Laid

_OPTIONS: Options = {
    "folder": (Annotated[Path | None, typer.Argument(metavar="DIR", help=help_of("option.init_folder"))], None),
    "upgrade": (Annotated[bool, typer.Option("--upgrade", help=help_of("option.upgrade"))], False),
    "as_json": (Json, False),
    "lang": (Lang, ""),
}


@optioned(app, "init", _OPTIONS)
def init(given: dict[str, Any]) -> None:
    """Lays out notebooks, parameters and outputs, or refreshes the notebooks."""
    from runbook_lib import laying_out
    from runbook_lib.parameters import home

    here = home() if given["upgrade"] else Path.cwd()
    folder = Path(os.path.abspath((given["folder"] or here).expanduser()))
    done = (laying_out.upgrade if given["upgrade"] else laying_out.lay_out)(folder)
    if given["as_json"]:
        files = [{"path": one.path, "outcome": one.outcome, "beside": one.beside} for one in done]
        show(visible_json({"schema": 1, "folder": str(folder), "version": _version(), "files": files}))
        return
    show((_upgraded if given["upgrade"] else _laid_out)(folder, done))


def _version() -> str:
    from importlib.metadata import version  # here, for it imports a reader of e-mails

    return version("ecs-runbook")


def _laid_out(folder: Path, done: "Iterable[Laid]") -> str:
    notebooks = _names(done, "notebooks/")
    facts = {
        "folder": one_line(str(folder)),
        "notebooks": ", ".join(notebooks),
        "parameters": ", ".join(_names(done, "parameters/")),
        "enter": "" if folder == Path.cwd() else f"       cd {_shown(folder)}\n",
        "install": "       pip install 'ecs-runbook[jupyter]'\n" if find_spec("jupyterlab") is None else "",
        "first": notebooks[0],
    }
    return say("cli.laid_out.made", LANG, **facts).rstrip()


def _names(done: "Iterable[Laid]", below: str) -> list[str]:
    return [one.path.removeprefix(below) for one in done if one.path.startswith(below)]


def _upgraded(folder: Path, done: "Iterable[Laid]") -> str:
    """One line a file, and how to take over what lies beside the user's own."""
    told = [say("cli.laid_out.upgraded", LANG, folder=one_line(str(folder)), version=_version())]
    told += [f"  {_line(one)}" for one in done]
    waiting = [one for one in done if one.outcome == "kept" and one.beside]
    if waiting:
        told += ["", say("cli.laid_out.waiting", LANG)]
        told += [f"  mv {_shown(folder / one.beside)} {_shown(folder / one.path)}" for one in waiting]
    return "\n".join(told)


def _line(one: "Laid") -> str:
    key = f"{one.outcome}_beside" if one.beside else one.outcome
    return say(f"cli.laid_out.file.{key}", LANG, path=one_line(one.path), beside=one_line(one.beside))


def _shown(path: Path) -> str:
    return shlex.quote(one_line(str(path)))
