"""How a report is rendered: its language, its time zone, and whether it is practice."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from runbook_lib.evidence.journal import Entry
from runbook_lib.report.commands import CommandOptions
from runbook_lib.text import say


@dataclass(frozen=True)
class Context:
    """Language (``ko`` or ``en``), time zone (IANA name), whether this is the lab, and what AWS CLI commands need.

    ``record`` holds what the incident's journal says was seen, planned, approved, changed, watched and verified, in
    the order of time; ``damaged`` counts its files that are no whole entries.
    """

    lang: str = "ko"
    timezone: str = "Asia/Seoul"
    lab: bool = False
    commands: CommandOptions = field(default_factory=CommandOptions)
    record: tuple[Entry, ...] = ()
    damaged: int = 0

    def say(self, key: str, /, **facts: object) -> str:
        """The report's own words by key, without the leading ``report.``."""
        return say(f"report.{key}", self.lang, **facts)

    def local(self, when: datetime) -> datetime:
        """A time in the report's zone."""
        return when.astimezone(ZoneInfo(self.timezone))
