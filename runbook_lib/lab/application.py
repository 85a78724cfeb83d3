"""What the application inside a container image does: its answers, its start, its end and its log lines."""

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from runbook_lib.lab.reply import phrase

LINUX_AMD64 = "linux/amd64"
STARTED = (
    "INFO:     Started server process [1]",
    "INFO:     Waiting for application startup.",
    "INFO:     Application startup complete.",
    "INFO:     Uvicorn running on http://0.0.0.0:{port} (Press CTRL+C to quit)",
)
STOPPED = ("INFO:     Shutting down", "INFO:     Finished server process [1]")
SHELL_BUILTINS = ("[", "cd", "echo", "exit", "export", "false", "kill", "set", "test", "true")
_COMMAND_ENDS = re.compile(r"\|\||&&|[;|&]")


@dataclass(frozen=True)
class Route:
    """The answer on one path: its HTTP status, and the seconds until it comes."""

    status: int
    after: float = 0.0


@dataclass(frozen=True)
class Application:
    """Behaviour of one image.

    Attributes
    ----------
    routes
        Answer by path; any other path answers with the status `otherwise`.
    starts_in
        Seconds from the start of the container until it listens.
    exit_code
        Where given, the application exits with it `starts_in` seconds after its start.
    port
        The port it listens on; where none is given, the first container port of its definition.
    log
        Lines that it writes when it starts; where none are given, uvicorn's own.
    memory
        MiB that it uses once it has started.
    needs
        Names of environment variables or secrets without which it exits with 1.
    commands
        Programs that the image has, for health checks; where none are given, it has all of them.
    stops_in
        Seconds from SIGTERM to its end; None where it takes no notice, so that SIGKILL ends it.
    entrypoint
        Its program, as the kernel names it where it can not run it.
    """

    routes: Mapping[str, Route] = field(default_factory=dict)
    otherwise: int = 200
    starts_in: float = 8
    exit_code: int | None = None
    port: int | None = None
    log: tuple[str, ...] = ()
    memory: int = 64
    needs: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    stops_in: float | None = 1
    entrypoint: str = "/usr/local/bin/python"

    def answer(self, path: str) -> Route:
        """Return the answer for a path; a query string does not matter."""
        return self.routes.get(path.split("?", maxsplit=1)[0]) or Route(self.otherwise)

    def start_lines(self, port: int) -> list[str]:
        """Return the lines that it writes when it starts on `port`."""
        return [line.replace("{port}", str(port)) for line in self.log or STARTED]

    def can_run(self, command: Sequence[str]) -> bool:
        """Whether the image has the program that a health check's command begins with."""
        if not self.commands or len(command) < 2:
            return True
        program = command[1] if command[0] == "CMD" else _first_program(command[1])
        return program.rpartition("/")[2] in (*self.commands, *SHELL_BUILTINS)


def _first_program(line: str) -> str:
    """Return the first program of a shell command line: ``curl`` of ``curl -f http://localhost/ || exit 1``."""
    try:
        words = shlex.split(_COMMAND_ENDS.split(line, maxsplit=1)[0])
    except ValueError:  # a quote that is not closed: the shell would refuse it
        return ""
    return next((word for word in words if "=" not in word), "")


def access_line(client: str, method: str, path: str, status: int) -> str:
    """Return a line of uvicorn's access log."""
    return f'INFO:     {client} - "{method} {path} HTTP/1.1" {status} {phrase(status)}'
