"""What of a cell's outputs a page shows: errors as one sentence, no warnings of libraries."""

from typing import Any

from runbook_lib.text import say


def shown(cell: Any, lang: str) -> None:
    """Leaves of a cell's outputs what is for the person who looks at the page; the rest is in the server's log."""
    if cell["cell_type"] != "code":
        return
    cell["outputs"] = [output for output in cell["outputs"] if output.get("name") != "stderr"]
    for output in cell["outputs"]:
        if output["output_type"] == "error" and not _explains_itself(output["traceback"]):
            output["traceback"] = [say("cli.pages.cell", lang, kind=output["ename"])]


def _explains_itself(traceback: list[str]) -> bool:
    """Whether it is the sentence of an error of ours (`RunbookError._render_traceback_`), which has no colours."""
    return len(traceback) == 1 and "\x1b" not in traceback[0]
