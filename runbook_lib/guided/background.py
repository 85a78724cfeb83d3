"""Work beside the kernel: nothing that takes longer than a blink blocks it, and what takes longer can be stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from runbook_lib.errors import RunbookError
from runbook_lib.report.widgets import kernels_loop


class Stop:
    """Asks work to end. Work that waits, or goes from step to step, heeds it."""

    def __init__(self) -> None:
        self._asked = threading.Event()

    def ask(self) -> None:
        """Asks."""
        self._asked.set()

    @property
    def asked(self) -> bool:
        """Whether it was asked."""
        return self._asked.is_set()

    def wait(self, seconds: float) -> None:
        """Waits, but no longer than until somebody asks.

        Raises
        ------
        KeyboardInterrupt
            Somebody did: as Ctrl-C would.
        """
        if self._asked.wait(seconds):
            raise KeyboardInterrupt


@dataclass(frozen=True)
class Ended:
    """How work ended: with a result, with an error of ours, stopped, or by a defect of ours."""

    result: Any = None
    error: RunbookError | None = None
    stopped: bool = False
    crash: bool = False


class Job(threading.Thread):
    """Work in a thread of its own, once it is started; ``done`` hears how it ended, in the thread that made it."""

    def __init__(self, work: Callable[[Stop], Any], done: Callable[[Ended], None]) -> None:
        super().__init__(daemon=True)
        self.stop = Stop()
        self._work, self._done, self._loop = work, done, kernels_loop()

    def run(self) -> None:
        """Works. A defect is told as one, and goes on to where Python reports those of threads."""
        ended = Ended(crash=True)
        try:
            ended = Ended(self._work(self.stop))
        except RunbookError as error:
            ended = Ended(error=error)
        except KeyboardInterrupt:
            ended = Ended(stopped=True)
        finally:
            self.tell(lambda: self._done(ended))

    def tell(self, what: Callable[[], None]) -> None:
        """Calls something in the thread that began the work: the kernel's, where widgets belong."""
        if self._loop is None:
            what()
            return
        with suppress(RuntimeError):  # the kernel has ended meanwhile
            self._loop.call_soon_threadsafe(what)
