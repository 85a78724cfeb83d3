"""The simulated clock: stepped by tests, or running with the wall clock."""

import threading
import time
from datetime import UTC, datetime

from runbook_lib.lab.errors import LabError

LONGEST_STEP = 7 * 86400  # seconds that may be advanced at once
_LATEST = datetime(2200, 1, 1, tzinfo=UTC).timestamp()
FASTEST = 3600  # simulated seconds a second: a day in 24 s


def moment(given: float | str) -> float:
    """Return a time in seconds since the epoch; a text is such a number, or ISO 8601 in UTC where it names no zone.

    Raises `LabError` ``bad-start`` for anything else, and for a time before 1970 or after 2200.
    """
    try:
        seconds = float(given)
    except ValueError:
        seconds = _iso(str(given))
    if not 0 <= seconds <= _LATEST:
        raise LabError("bad-start", start=str(given))
    return seconds


def _iso(text: str) -> float:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise LabError("bad-start", start=text) from error
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


class Clock:
    """Simulated time in seconds since the epoch (UTC).

    At rate 0 only `advance` moves it; at rate 1 it runs with real time; at rate 60 a real second is a simulated minute.
    """

    def __init__(self, start: float | None = None, rate: float = 0.0) -> None:
        self._lock = threading.Lock()
        self._base = time.time() if start is None else start
        self._since = time.monotonic()
        self._rate = rate
        self._advanced = 0.0

    @property
    def rate(self) -> float:
        """Simulated seconds that pass in a real second."""
        return self._rate

    def now(self) -> float:
        """Return the simulated time, in seconds since the epoch."""
        with self._lock:
            return self._now()

    def advance(self, seconds: float) -> None:
        """Let `seconds` of simulated time pass at once."""
        with self._lock:
            self._base += seconds
            self._advanced += seconds

    def lived(self) -> float:
        """Return the seconds that clients have lived through: real ones, and what was advanced in place of waiting.

        The speed has no part in it: clients send and retry in real time.
        """
        with self._lock:
            return time.monotonic() + self._advanced

    def set_rate(self, rate: float) -> None:
        """Let the clock run at `rate` from now on."""
        with self._lock:
            self._base, self._since, self._rate = self._now(), time.monotonic(), rate

    def set_time(self, now: float) -> None:
        """Put the clock to `now` (seconds since the epoch); used once, before a scenario is played."""
        with self._lock:
            self._base, self._since = now, time.monotonic()

    def _now(self) -> float:
        return self._base + (time.monotonic() - self._since) * self._rate
