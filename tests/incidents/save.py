"""Saves the lab's scenarios as evidence: ``python -m tests.incidents.save``; their expected verdicts are kept by hand.

Evidence of incidents that the lab cannot play is put here as it was saved by ``diagnose --save``.
"""

import sys
import tempfile
from pathlib import Path

from runbook_lib import lab as labs
from runbook_lib.evidence.serialisation import dumps
from runbook_lib.look import look
from runbook_lib.parameters import from_file, layered

HERE = Path(__file__).parent


def main() -> int:
    """Writes one file a scenario; the guide's with its local task definition file."""
    for scenario in ("guide", "guide-target-group", "healthy"):
        with (
            tempfile.TemporaryDirectory() as folder,
            labs.start(scenario, folder=Path(folder)) as lab,
        ):
            saved = dumps(look(layered([from_file(lab.params)])).evidence)
            # The folder is this machine's; the file is named as a repository names it.
            (HERE / f"{scenario}.json").write_text(saved.replace(f"{folder}/", "") + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
