"""Programs that shells and servers start, begun warm: the tests' process is asked to fork them (`tests.asking`)."""

import json
import os
import socket
import sys
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any

from tests import warm
from tests.command import MAIN

_ASKING = Path(__file__).with_name("asking.py")
_LENGTH = 4  # bytes that say how long a wish is
_KERNEL = "tests.programs:kernel"


class Programs:
    """A folder for PATH, with the command in it; what is begun lives no longer than this process."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._path = folder, str(folder / "s")
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(self._path)
        self._listening.listen()
        program = folder / "ecs-runbook"
        program.write_text(f'#!/bin/sh\nexec {" ".join(self._asking(MAIN))} "$0" "$@"\n')
        program.chmod(0o755)
        Thread(target=self._listen, daemon=True).start()

    def _asking(self, entry: str) -> list[str]:
        return [sys.executable, "-S", "-E", str(_ASKING), self._path, entry]

    def lay_kernel(self, data: Path) -> None:
        """Makes the Python kernel of a Jupyter data folder one that begins warm."""
        spec = data / "kernels" / "python3" / "kernel.json"
        spec.parent.mkdir(parents=True)
        argv = [*self._asking(_KERNEL), "ipykernel_launcher", "-f", "{connection_file}"]
        spec.write_text(json.dumps({"argv": argv, "display_name": "Python 3", "language": "python"}))

    def _listen(self) -> None:
        with suppress(OSError):  # closed
            while True:
                asking, _ = self._listening.accept()
                Thread(target=self._run, args=(asking,), daemon=True).start()

    def _run(self, asking: socket.socket) -> None:
        """Runs one program; whoever asks sends numbers of signals, and its end is the program's."""
        head, streams, _, _ = socket.recv_fds(asking, _LENGTH, 3)
        with asking.makefile("rb") as wish:
            asked = json.loads(wish.read(int.from_bytes(head, "big")))
        first, second, third = streams
        process = warm.start(asked["entry"], asked["words"], (first, second, third), Path(asked["cwd"]), asked["env"])
        for stream in streams:
            os.close(stream)
        Thread(target=_pass_on, args=(asking, process), daemon=True).start()
        process.join()
        with suppress(OSError):
            asking.sendall(bytes([process.exitcode % 256]))
        asking.close()

    def close(self) -> None:
        """Takes no more wishes."""
        self._listening.close()


def _pass_on(asking: socket.socket, process: Any) -> None:
    with suppress(OSError):
        while number := asking.recv(1):
            os.kill(process.pid, number[0])
        process.kill()


def kernel() -> None:
    """A Jupyter kernel, which ends when its parent is another one than it is told."""
    os.environ["JPY_PARENT_PID"] = str(os.getppid())
    from ipykernel import kernelapp

    kernelapp.launch_new_instance()
