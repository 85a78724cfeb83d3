"""What a process does that others are forked from, once its libraries are loaded: what each would do a first time."""

import gc
from pathlib import Path
from tempfile import TemporaryDirectory

from runbook_lib import lab
from runbook_lib.look import look
from runbook_lib.parameters import Parameters, from_file
from runbook_lib.renditions import files
from runbook_lib.report.context import Context
from runbook_lib.text import LANGUAGES, areas, has


def practise() -> None:
    """A lab, a look at it, its report: their models, texts, templates and rules are read and compiled from now on."""
    with TemporaryDirectory() as folder, lab.start(folder=Path(folder)) as running:
        given = Parameters(**{name: value for name, (value, _) in from_file(running.params).items()})
        seen = look(given)
    for lang in LANGUAGES:
        list(files(seen, Context(lang=lang)))
    for area in areas():
        has(f"{area}.")


practise()
gc.freeze()  # none of it is garbage, nor to be looked through by any of those forked
gc.enable()
