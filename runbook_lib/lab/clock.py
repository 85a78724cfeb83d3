"""The simulated clock: stepped by tests, or running with the wall clock."""

import threading
import time


class Clock:
    """Simulated time in seconds since the epoch (UTC).

    At rate 0 only `advance` moves it; at rate 1 it runs with real time; at rate 60 a real second is a simulated minute.
    """

    def __init__(self, start: float | None = None, rate: float = 0.0) -> None:
        self._lock = threading.Lock()
        self._base = time.time() if start is None else start
        self._since = time.monotonic()
        self._rate = rate

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
