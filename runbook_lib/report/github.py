"""What GitHub Actions reads: annotations as workflow commands, and a job summary in Markdown."""

from __future__ import annotations

import re

from runbook_lib.report.markdown import section as blocks_of
from runbook_lib.report.render import Section

_CODE = re.compile(r"`([^`]*)`")


def annotation(level: str, title: str, message: str) -> str:
    """A workflow command: ``::error title=…::message``; nothing in it can end it or begin another."""
    return f"::{level} title={_property(title)}::{_data(message)}"


def fenced(text: str, token: str) -> str:
    """Text in which GitHub looks for no workflow commands: words of AWS may hold anything."""
    return f"::stop-commands::{token}\n{text}\n::{token}::"


def _data(text: str) -> str:
    plain = _CODE.sub(r"\1", text)
    return plain.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def markdown(section: Section) -> str:
    """A section as Markdown of GitHub; everything that is not ours is escaped or stands in code."""
    return blocks_of(section.title, section.blocks, section.lang)
