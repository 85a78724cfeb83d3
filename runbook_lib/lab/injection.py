"""What a fault does to a call. No lock is held while it waits."""

import selectors
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from runbook_lib.lab import permissions, presets, reply
from runbook_lib.lab.call import Call
from runbook_lib.lab.errors import UnansweredError
from runbook_lib.lab.faults import Fault
from runbook_lib.lab.holding import AFTER, BEFORE, Holds
from runbook_lib.lab.reply import Reply

Caller = Callable[[Call, dict[str, Any]], str]  # the ARN of whoever signed a request
SOCKET = "runbook_lab.socket"
_GLANCE = 0.2  # seconds between two looks whether the lab closes


@dataclass(frozen=True)
class Injection:
    """A call with the fault that takes it, and the id of that fault's rule: what it does before and after the effect.

    Both raise `UnansweredError` once the connection is broken off, or the client has given up waiting.
    """

    asked: Call
    environ: dict[str, Any]
    rule: int | None
    fault: Fault
    holds: Holds
    caller: Caller
    closing: threading.Event

    def before(self) -> Reply | None:
        """Do what comes before a call takes effect; return what is answered instead, None where the call goes on."""
        if self.fault.delay:
            self.closing.wait(self.fault.delay)
        self._hold(BEFORE)
        return None if self.fault.late else self._instead()

    def after(self, done: Reply) -> Reply:
        """Do what comes after a call has taken effect; return what the client gets of its answer."""
        self._hold(AFTER)
        done = (self._instead() if self.fault.late else None) or done
        done.truncated, done.drip = self.fault.truncate, self.fault.drip
        if self.fault.garble:
            done.body = done.body[: len(done.body) // 2]
        return done

    def _hold(self, stage: str) -> None:
        if self.fault.hold == stage and self.rule is not None:
            self.holds.hold(self.asked, stage, self.rule, self.environ[SOCKET])

    def _instead(self) -> Reply | None:
        """Return what a fault answers instead of the service, if it does."""
        fault, asked = self.fault, self.asked
        if fault.reset:
            _reset(self.environ[SOCKET])
        if fault.hang:
            _keep_silent(self.environ[SOCKET], self.closing)
        if fault.body is not None:
            return reply.html(fault.status or 200, fault.body)
        if fault.preset == "access-denied":
            return permissions.refusal(permissions.lacking(asked), asked, self.caller(asked, self.environ))
        code, message, status = presets.error_of(fault.preset, asked.service, asked.protocol) or (fault.error, "", 400)
        if code is None:
            return None
        return reply.error(asked.protocol, code, fault.message or message or code, fault.status or status)


def _reset(connection: socket.socket) -> None:
    """Break a connection off so that its peer gets a reset (linger 0), not an end."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
    raise UnansweredError("reset")


def _keep_silent(connection: socket.socket, closing: threading.Event) -> None:
    """Wait until the client hangs up (what can be read of it then is the end) or the lab closes."""
    with selectors.DefaultSelector() as selector:
        selector.register(connection, selectors.EVENT_READ)
        while not selector.select(_GLANCE) and not closing.is_set():
            pass
    raise UnansweredError("hang")
