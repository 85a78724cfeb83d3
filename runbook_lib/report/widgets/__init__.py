"""What notebooks show beside sections: views that change, and widgets. What they do comes as callbacks."""

from __future__ import annotations

import asyncio
import os

from runbook_lib.report.render import Section


def takes_input(mode: str) -> bool:
    """Whether there is somebody to press a button: ``auto`` asks the front end; Voilà takes presses, but no input."""
    if mode != "auto":
        return mode == "interactive"
    from IPython.core.getipython import get_ipython

    kernel = getattr(get_ipython(), "kernel", None)
    return bool(getattr(kernel, "_allow_stdin", False)) or os.environ.get("SERVER_SOFTWARE", "").startswith("voila")


def kernels_loop() -> asyncio.AbstractEventLoop | None:
    """The event loop of the kernel whose cell or widget calls this: widgets belong there. None outside a kernel."""
    from IPython.core.getipython import get_ipython

    return asyncio.get_running_loop() if getattr(get_ipython(), "kernel", None) else None


def show(section: Section) -> None:
    """Shows a section before a cell has ended."""
    from IPython.display import display

    display(section)
