"""The lab's own errors. They carry a key and facts; whoever starts the lab words them."""

from typing import Any


class LabError(Exception):
    """The lab cannot start or play.

    Attributes
    ----------
    key
        ``port-in-use``, ``unknown-scenario``, ``bad-scenario``, ``bad-start`` or
        ``lab-folder-unwritable``.
    facts
        ``{"port"}``, ``{"name", "known", "nearest"}``, ``{"file", "line", "problem"}``, ``{"start"}`` or
        ``{"folder", "problem"}``.
    """

    def __init__(self, key: str, **facts: Any) -> None:
        super().__init__(f"{key}: {facts}")
        self.key = key
        self.facts = facts


class AwsError(Exception):
    """An error that an AWS service answers with: its code, message and HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400, **members: Any) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.members = members


class ReplyShapeError(Exception):
    """A reply of the lab has members that the API's own model does not know."""


class UnansweredError(ConnectionError):
    """A fault left a call without any answer; its connection is of no more use."""
