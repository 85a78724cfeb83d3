"""What processes of ours need not load.

jsonschema, which nbformat and Jupyter's servers import, builds the grammars of international addresses as it is
imported: most of the time that these take to start. No schema of a notebook, or of an event of Jupyter's, asks for one.
Where the grammars cannot be imported, jsonschema does without them.

``python -m runbook_lib.quick MODULE ARGUMENTS`` runs a module so. Kernels, where people's own code runs, have them.
"""

import runpy
import sys
from typing import cast

_GRAMMARS = "rfc3987_syntax"


def quicken() -> None:
    """Leaves out, in this process, what takes long to import and is not asked for."""
    cast("dict[str, None]", sys.modules).setdefault(_GRAMMARS)  # None there, and an import of it fails


if __name__ == "__main__":
    quicken()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
