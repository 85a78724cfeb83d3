"""Reading a user's file: what is none, too large or unreadable is said in one sentence."""

from __future__ import annotations

from pathlib import Path

from runbook_lib.errors import InputError

# The largest file that is of any use here is evidence of a service with thousands of tasks.
_MOST_BYTES = 64 * 1024 * 1024


def read_text(path: Path) -> str:
    """The text of a regular UTF-8 file of at most 64 MiB.

    Raises
    ------
    InputError
        It cannot be read, is a folder or a device, is too large, or is not UTF-8.
    """
    try:
        if path.exists() and not path.is_file():
            raise InputError("file-not-regular", file=str(path))
        if path.stat().st_size > _MOST_BYTES:
            raise InputError("file-too-large", file=str(path), most=_MOST_BYTES // 1024**2)
        return path.read_text(encoding="utf-8-sig")  # Windows begins files with a mark
    except UnicodeDecodeError as error:
        raise InputError("file-not-text", file=str(path)) from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        problem = getattr(error, "strerror", None) or str(error)
        raise InputError("file-unreadable", file=str(path), problem=problem) from error
