"""What a collector is: which operation it is, and how AWS's answer becomes a reading's redacted data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from runbook_lib.aws.reader import Reader
from runbook_lib.evidence.model import Request, Target
from runbook_lib.evidence.serialisation import plain

Data = tuple[Any, bool]  # the data, and whether AWS had more


@dataclass(frozen=True)
class Collector:
    """How a kind of reading is had. ``read`` returns the data and whether it is partial; it raises CallFailedError."""

    operation: str
    read: Callable[[Reader, Target, Request], Data]


def pages(reader: Reader, call: tuple[str, str], member: str, most: int, **asked: Any) -> Data:
    """The members of up to ``most`` pages, and whether there were more."""
    found: list[Any] = []
    token: dict[str, str] = {}
    for _ in range(most):
        answer = reader.call(*call, member, **asked, **token)
        found += plain(answer[member])
        if not answer.get("nextToken"):
            return found, False
        token = {"nextToken": answer["nextToken"]}
    return found, True
