"""What a run was told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runbook_lib.report.blocks import Fact, Facts
from runbook_lib.report.context import Context
from runbook_lib.report.markup import code
from runbook_lib.report.render import Section
from runbook_lib.text import say


def settings(given: Mapping[str, Any], context: Context) -> Section:
    """The parameters by name, as they were given."""
    rows = tuple(Fact(code(name), (code(value),)) for name, value in given.items())
    return Section("settings", say("guided.title.settings", context.lang), (Facts(rows),), context.lang)
