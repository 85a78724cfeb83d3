"""What a person enters in widgets, apart from what we set in them ourselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class Entered:
    """Hears new values of widgets, but not those that are set within :meth:`setting`."""

    def __init__(self) -> None:
        self._setting = False

    @contextmanager
    def setting(self) -> Iterator[None]:
        """While we set values ourselves."""
        self._setting = True
        try:
            yield
        finally:
            self._setting = False

    def hear(self, widget: Any, heard: Callable[[str], None]) -> None:
        """Calls ``heard`` with each value that somebody enters, as text; not where a list is left without a choice."""

        def changed(change: dict[str, Any]) -> None:
            if not self._setting and change["new"] is not None:
                heard(str(change["new"]))

        widget.observe(changed, "value")
