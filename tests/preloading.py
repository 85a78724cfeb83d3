"""What a process that others are forked from does before it loads its libraries."""

from runbook_lib.quick import quicken

quicken()
