"""A server on loopback that does with each connection whatever a test says, in bytes."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType

Script = Callable[[socket.socket], None]
_HOLD = 30.0


class RawServer:
    """Runs ``script`` for each connection and closes it; ``place`` is its ``HOST:PORT``; ``closing`` ends who waits."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.place = f"127.0.0.1:{self._listening.getsockname()[1]}"
        self._open: list[socket.socket] = []
        self.closing = threading.Event()
        self.requests: list[bytes] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                self._open.append(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            self._script(connection)

    def read(self, connection: socket.socket) -> None:
        """Takes in the head of a request."""
        got = b""
        while b"\r\n\r\n" not in got and (more := connection.recv(65536)):
            got += more
        self.requests.append(got)

    def hold(self, connection: socket.socket) -> None:
        """Keeps a connection open without a word until the server closes."""
        self.closing.wait(_HOLD)

    def __enter__(self) -> "RawServer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self._listening.close()
        for connection in self._open:
            with suppress(OSError):
                connection.close()


def answering(*heads: bytes) -> RawServer:
    """A server that answers its requests with these bytes, one after another, the last for all that follow."""
    left = list(heads)

    def script(connection: socket.socket) -> None:
        server.read(connection)
        connection.sendall(left.pop(0) if len(left) > 1 else left[0])

    server = RawServer(script)
    return server
