"""Calls that a fault rule holds: who waits for one is told at once, and so is a call whose rule is taken away."""

import contextlib
import selectors
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from runbook_lib.lab import sent
from runbook_lib.lab.call import Call
from runbook_lib.lab.errors import UnansweredError

BEFORE, AFTER = "before", "after"


@dataclass
class _Held:
    """A held call: what is told of it, its rule, whether it still waits, and what wakes the thread that waits."""

    record: dict[str, Any]
    rule: int
    waits: bool
    waker: socket.socket

    def let_go(self) -> None:
        """Let the call go on, once."""
        if self.waits:
            self.waits = False
            self.waker.send(b".")


class Holds:
    """The held calls in the order in which they were held.

    `in_force` tells whether a rule, by its id, is still in force.
    """

    def __init__(self, in_force: Callable[[int], bool]) -> None:
        self._in_force = in_force
        self._changed = threading.Condition()
        self._held: dict[int, _Held] = {}
        self._closed = False

    def hold(self, asked: Call, stage: str, rule: int, connection: socket.socket) -> None:
        """Hold a call until its rule is taken away; it counts as held until it is `over`.

        Raises `UnansweredError` where the client hangs up, or the lab closes its connection.
        """
        wake, waker = socket.socketpair()
        with wake, waker:
            held = _Held(_record(asked, stage, rule), rule, True, waker)
            with self._changed:
                self._held[id(asked)] = held
                self._changed.notify_all()
            self.let_go()  # the rule may be gone already
            try:
                _wait(connection, wake)
            finally:
                with self._changed:
                    held.waits = False

    def let_go(self) -> None:
        """Let those calls go on whose rules are no longer in force."""
        with self._changed:
            for held in self._held.values():
                if not self._in_force(held.rule):
                    held.let_go()

    def over(self, asked: Call) -> None:
        """Say that a call has ended, whether or not it was held."""
        with self._changed:
            if self._held.pop(id(asked), None):
                self._changed.notify_all()

    def listed(self) -> list[dict[str, Any]]:
        """Return the calls that are held now."""
        with self._changed:
            return [held.record for held in self._held.values() if held.waits]

    def await_one(self, timeout: float) -> list[dict[str, Any]]:
        """Return the calls that are held as soon as one is, or none after so many seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or any(held.waits for held in self._held.values()), timeout)
        return self.listed()

    def await_none(self, timeout: float) -> bool:
        """Wait until each call that was held has ended; return whether that came within so many seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self._closed or not self._held, timeout)

    def close(self) -> None:
        """Let nobody wait any longer; the calls themselves end with their connections."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()


def _record(asked: Call, stage: str, rule: int) -> dict[str, Any]:
    named = {"service": asked.service, "action": asked.action, "region": asked.region, "account": asked.account}
    return {**named, "hold": stage, "fault": rule, "given": sent.given(asked)}


def _wait(connection: socket.socket, wake: socket.socket) -> None:
    """Wait for the wake-up; raises `UnansweredError` for the end of the connection, also where both have come."""
    watched = [connection, wake]
    while True:
        ready = _readable(*watched)
        if is_gone(connection):
            raise UnansweredError("held")
        if wake in ready:
            return
        watched = [wake]  # the client sends ahead, so its end can not be seen


def _readable(*sockets: socket.socket, timeout: float | None = None) -> list[Any]:
    """Wait until one of some sockets can be read, and return those that can."""
    with selectors.DefaultSelector() as selector:
        for each in sockets:
            selector.register(each, selectors.EVENT_READ)
        return [key.fileobj for key, _ in selector.select(timeout)]


def is_gone(connection: socket.socket) -> bool:
    """Whether a client has hung up: what can be read of it is the end."""
    if not _readable(connection, timeout=0):
        return False
    if isinstance(connection, ssl.SSLSocket):  # nothing can be looked at without taking it; no client sends ahead
        return True
    with contextlib.suppress(ConnectionError):
        return not connection.recv(1, socket.MSG_PEEK)
    return True
