"""The command line. Importing it registers every command."""

from runbook_lib.cli import incidents, lab, policy, service
from runbook_lib.cli.options import app
from runbook_lib.cli.shell import main

__all__ = ["app", "incidents", "lab", "main", "policy", "service"]
