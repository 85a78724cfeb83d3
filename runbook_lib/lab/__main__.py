"""``python -m runbook_lib.lab``: run a lab in the foreground."""

import argparse
import sys
from pathlib import Path

from runbook_lib.lab import DEFAULT_PORT
from runbook_lib.lab.errors import LabError
from runbook_lib.lab.hosting import serve


def main(arguments: list[str] | None = None) -> int:
    """Run the lab that the arguments ask for; 0 once it is ended, 1 where it can not start."""
    parser = argparse.ArgumentParser(prog="python -m runbook_lib.lab")
    parser.add_argument("--scenario", default="guide")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT)
    parser.add_argument("--rate", type=float, default=1.0)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0, help="makes the ids")
    parser.add_argument("--start", help="when the scenario begins: seconds since 1970, or ISO 8601 (UTC)")
    given = parser.parse_args(arguments)
    try:
        return serve(**vars(given))
    except LabError as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
