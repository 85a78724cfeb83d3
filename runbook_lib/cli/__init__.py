"""The command line. Importing it registers every command."""

from runbook_lib.cli import (
    demo,
    explain,
    fix,
    incidents,
    init,
    lab,
    lab_control,
    policy,
    rules,
    serve,
    service,
    verify,
    watch,
)
from runbook_lib.cli.options import app
from runbook_lib.cli.shell import main

__all__ = [
    "app",
    "demo",
    "explain",
    "fix",
    "incidents",
    "init",
    "lab",
    "lab_control",
    "main",
    "policy",
    "rules",
    "serve",
    "service",
    "verify",
    "watch",
]
