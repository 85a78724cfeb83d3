"""Real messages of ECS with what they mean: ``tests/fixtures/messages.jsonl``, one JSON object a line.

``root_cause`` is a label of the catalogue; ``accept`` holds others that the wording allows as well; ``healthy`` tells
an event of normal life from a failure. Account ids are replaced; names of services are as they were posted.
"""

import json
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).parents[2] / "fixtures" / "messages.jsonl"


@dataclass(frozen=True)
class Message:
    """One message; ``labels`` are the right answers."""

    id: str
    kind: str
    text: str
    labels: tuple[str, ...]
    healthy: bool


def _message(line: str) -> Message:
    entry = json.loads(line)
    labels = (entry["root_cause"], *entry.get("accept", ()))
    return Message(entry["id"], entry["kind"], entry["text"], labels, entry["healthy"])


MESSAGES = tuple(_message(line) for line in FILE.read_text(encoding="utf-8").splitlines())
