"""What the application inside a container image does: its answers, its start and its log lines."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from runbook_lib.lab.reply import phrase

STARTED = (
    "INFO:     Started server process [1]",
    "INFO:     Waiting for application startup.",
    "INFO:     Application startup complete.",
    "INFO:     Uvicorn running on http://0.0.0.0:{port} (Press CTRL+C to quit)",
)
STOPPED = ("INFO:     Shutting down", "INFO:     Finished server process [1]")


@dataclass(frozen=True)
class Application:
    """Behaviour of one image.

    Attributes
    ----------
    routes
        HTTP status by path; any other path answers `otherwise`.
    starts_in
        Seconds from the start of the container until it listens.
    exit_code
        Where given, the application exits with it `starts_in` seconds after its start.
    port
        The port it listens on; where none is given, the first container port of its definition.
    log
        Lines that it writes when it starts; where none are given, uvicorn's own.
    """

    routes: Mapping[str, int] = field(default_factory=dict)
    otherwise: int = 200
    starts_in: float = 8
    exit_code: int | None = None
    port: int | None = None
    log: tuple[str, ...] = ()

    def answer(self, path: str) -> int:
        """Return the HTTP status for a path; a query string does not matter."""
        return self.routes.get(path.split("?", maxsplit=1)[0], self.otherwise)

    def start_lines(self, port: int) -> list[str]:
        """Return the lines that it writes when it starts on `port`."""
        return [line.replace("{port}", str(port)) for line in self.log or STARTED]


def access_line(client: str, method: str, path: str, status: int) -> str:
    """Return a line of uvicorn's access log."""
    return f'INFO:     {client} - "{method} {path} HTTP/1.1" {status} {phrase(status)}'
