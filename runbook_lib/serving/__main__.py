"""Serves until it gets SIGTERM: ``python -m runbook_lib.serving SETTINGS``, the settings as JSON."""

import json
import sys

from runbook_lib.serving.server import Settings, serve

if __name__ == "__main__":
    serve(Settings(**json.loads(sys.argv[1])))
