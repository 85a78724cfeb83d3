"""The demonstration: the guide's incident from beginning to end on a lab of its own, nothing of it canned."""

import os
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbook_lib import shipped
from runbook_lib.cli.lab import a_lab, lab_folder
from runbook_lib.cli.options import LANG, Lang, Options, app, optioned
from runbook_lib.cli.shell import show
from runbook_lib.errors import InputError, InterruptedRunError, RunbookError, RunError
from runbook_lib.text import language, say, sentence

if TYPE_CHECKING:
    from runbook_lib.cli.acts import Stage

_SCENARIO = "guide"
_OURS = ("outputs", "timezone")  # what the environment decides of it; the lab decides the rest
_OPTIONS: Options = {"lang": (Lang, "")}


@optioned(app, "demo", _OPTIONS)
def demo(given: dict[str, Any]) -> None:
    """Plays the guide's incident on the lab."""
    from runbook_lib.archive.notebooks import find_notebook

    began, lang = time.monotonic(), language(given["lang"], LANG)
    find_notebook("90_postmortem")
    if find_spec("papermill") is None:
        raise InputError("extra-missing", module="papermill", extra="jupyter")
    _forget_aws()
    try:
        with a_lab() as labs, lab_folder(_SCENARIO, 0) as folder, labs.start(_SCENARIO, folder=folder) as lab:
            play(lab, lang)
    except KeyboardInterrupt as error:
        raise InterruptedRunError("demo-interrupted") from error
    _end(round(time.monotonic() - began), lang)


def _end(seconds: int, lang: str) -> None:
    """What to try next, from where this program is."""
    command = _command()
    practise = say(f"demo.practise.{'installed' if shipped.INSTALLED else 'checkout'}", lang, command=command)
    show("\n" + say("demo.ended", lang, seconds=seconds, command=command, practise=practise).rstrip())


def _forget_aws() -> None:
    """The user's own profile, Region and keys are no part of this, here or in the kernel of the report."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]


def play(lab: Any, lang: str) -> None:
    """Plays every act on a lab that runs.

    Raises
    ------
    RunError
        An act did not come out as announced; the lab and the archive are left as they are then.
    """
    from runbook_lib.cli.acts import ACTS, Stage
    from runbook_lib.parameters import from_environment, from_file, layered

    ours = {"lang": (lang, "demo"), "incident_id": ("new", "demo"), "verify_tries": (1, "demo")}
    around = {name: told for name, told in from_environment().items() if name in _OURS}
    stage = Stage(lab, layered([around, from_file(lab.params), ours]), lang, _tell)
    show(say("demo.intro", lang).replace("`", ""))
    for number, (act, command) in enumerate(ACTS, 1):
        title = f"[{number}/{len(ACTS)}] {say(f'demo.act.{act.__name__}', lang)}"
        show(f"\n{_bold(title)}\n    $ ecs-runbook {command.format(digest=stage.digest)}")
        try:
            act(stage)
        except InterruptedRunError:
            raise
        except RunbookError as error:
            raise _failed(error, title, stage) from error


def _failed(error: RunbookError, title: str, stage: "Stage") -> RunbookError:
    """Which act did not come out as announced, and why."""
    problem = error.facts["problem"] if error.key == "demo-act" else error.sentence
    problem = problem or sentence(error.key, error.facts, stage.lang)
    failure = RunError("demo-failed", act=title, problem=problem)
    failure.exit_code = error.exit_code
    failure.sentence = sentence(failure.key, failure.facts, stage.lang)
    return failure


def _tell(mark: str, text: str) -> None:
    """A line below its act, broken where the terminal's line would end, but never inside a path, which is to be copied.

    Paths below this folder are shown from here.
    """
    from runbook_lib.report.plain import WIDTH, columns, wrapped
    from runbook_lib.text.visible import one_line

    shown = one_line(text).replace(f"{Path.cwd()}{os.sep}", "")
    endless = max(map(columns, shown.split(" "))) > WIDTH - 7
    first, *rest = [shown] if endless else wrapped(shown, WIDTH - 7)
    show("\n".join([f"    {mark}{first}", *(" " * (4 + len(mark)) + line for line in rest)]))


def _bold(text: str) -> str:
    plain = "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb"
    return text if plain or sys.stdout is None or not sys.stdout.isatty() else f"\033[1m{text}\033[0m"


def _command() -> str:
    """How this program is called from here."""
    built = Path(".venv") / "bin" / "ecs-runbook"
    return str(built) if built.is_file() else "ecs-runbook"
