"""One line of the table of benchmarks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One promise: a value of ours, what it is held against, and how many times that it may be."""

    what: str
    ours: float
    against: str
    theirs: float
    limit: float
    unit: str = "s"

    @property
    def ratio(self) -> float:
        """Ours as a multiple of theirs."""
        return self.ours / self.theirs

    @property
    def kept(self) -> bool:
        """Whether the promise holds."""
        return self.ratio <= self.limit

    def __str__(self) -> str:
        cells = (
            self.what,
            _number(self.ours, self.unit),
            self.against,
            _number(self.theirs, self.unit),
            f"{self.ratio:.2f}",
            f"{self.limit:.2f}",
            "yes" if self.kept else "**no**",
        )
        return "| " + " | ".join(cells) + " |"


def _number(value: float, unit: str) -> str:
    return f"{value:.3f} {unit}" if unit == "s" else f"{value:.0f} {unit}"
