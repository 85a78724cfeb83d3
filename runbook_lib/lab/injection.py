"""What a fault does to a call. No lock is held while it waits."""

import selectors
import socket
import struct
import threading
from collections.abc import Callable
from typing import Any

from runbook_lib.lab import permissions, presets, reply
from runbook_lib.lab.call import Call
from runbook_lib.lab.faults import Fault
from runbook_lib.lab.reply import Reply

Caller = Callable[[Call, dict[str, Any]], str]  # the ARN of whoever signed a request
SOCKET = "runbook_lab.socket"
_GLANCE = 0.2  # seconds between two looks whether the lab closes


class UnansweredError(ConnectionError):
    """A fault left a call without any answer; its connection is of no more use."""


def perform(
    fault: Fault, asked: Call, environ: dict[str, Any], caller: Caller, closing: threading.Event
) -> Reply | None:
    """Do what a fault says before the call is answered; None where the call goes on.

    Raises `UnansweredError` once the connection is broken off, or the client has given up waiting.
    """
    if fault.delay:
        closing.wait(fault.delay)
    if fault.reset:
        _reset(environ[SOCKET])
    if fault.hang:
        _keep_silent(environ[SOCKET], closing)
    if fault.body is not None:
        return reply.html(fault.status or 200, fault.body)
    if fault.preset == "access-denied":
        return permissions.refusal(permissions.lacking(asked), asked, caller(asked, environ))
    code, message, status = presets.error_of(fault.preset, asked.service, asked.protocol) or (fault.error, "", 400)
    if code is None:
        return None
    return reply.error(asked.protocol, code, fault.message or message or code, fault.status or status)


def spoil(fault: Fault, done: Reply) -> None:
    """Do to an answer what a fault says."""
    done.truncated, done.drip = fault.truncate, fault.drip
    if fault.garble:
        done.body = done.body[: len(done.body) // 2]


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
