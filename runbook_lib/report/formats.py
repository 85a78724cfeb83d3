"""Values as people read them: lengths of time, clock times with their zone, revisions, short ids, counts."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from runbook_lib.evidence.model import at
from runbook_lib.text import say

# The only zone whose abbreviation readers take for granted; any other is shown by its offset alone.
_NAMED_ZONES = {"KST", "UTC"}
_SHORT = 12


def duration(seconds: float, lang: str) -> str:
    """A length of time in its two largest units: ``18분 20초``, ``1시간 5분``, ``18 min 20 s``, ``1 h 5 min``."""
    whole = max(0, round(seconds))
    units = {"day": whole // 86_400, "hour": whole // 3600 % 24, "minute": whole // 60 % 60, "second": whole % 60}
    first = next((place for place, count in enumerate(units.values()) if count), len(units) - 1)
    two = list(units.items())[first : first + 2]
    parts = [say(f"rules.time.{unit}", lang, count=count) for unit, count in two if count or len(two) == 1]
    return " ".join(parts)


def minutes(seconds: float, lang: str) -> str:
    """A length of time in whole minutes: ``18분``, ``18 min``; below one in seconds, from an hour as `duration`."""
    if round(seconds) < 60:
        return duration(seconds, lang)
    return duration(round(seconds) // 60 * 60, lang)  # as `duration` rounds, so that both say the same minute


def clock(iso: str, timezone: str) -> str:
    """The time of day in a zone (IANA name): ``16:11:02``. Nothing gives nothing."""
    moment = at(iso or None)
    return moment.astimezone(ZoneInfo(timezone)).strftime("%H:%M:%S") if moment else ""


def moment(iso: str, timezone: str) -> str:
    """Date and time of day in a zone, for what may be days old: ``2026-11-23 16:11:02``."""
    found = at(iso or None)
    return found.astimezone(ZoneInfo(timezone)).strftime("%Y-%m-%d %H:%M:%S") if found else ""


def stamp(iso: str, timezone: str) -> str:
    """Date, time and zone, once a caption: ``2026-11-23 16:11:02 KST (UTC+09:00)``."""
    found = at(iso or None)
    if found is None:
        return ""
    local = found.astimezone(ZoneInfo(timezone))
    name = local.strftime("%Z")
    offset = local.strftime("%z")
    zone = f"UTC{offset[:3]}:{offset[3:5]}"
    shown = f"{name} ({zone})" if name in _NAMED_ZONES else f"({zone})"
    return f"{local:%Y-%m-%d %H:%M:%S} {shown}"


def revision(task_definition_arn: str) -> str:
    """``family:42`` out of a task definition ARN."""
    return task_definition_arn.rpartition("/")[2]


def short_id(task_arn: str) -> str:
    """The first 12 characters of a task id, for tables."""
    return task_arn.rpartition("/")[2][:_SHORT]


def number(count: float) -> str:
    """A count with thousands apart: ``1,024``."""
    return f"{count:,}"
