"""Notebooks run by papermill as always, but in this process: a Jupyter kernel takes seconds to start.

For what the cells show, how parameters reach them and what a run leaves. What is about the kernel needs one.
"""

from __future__ import annotations

import atexit
import builtins
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

import papermill
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from nbformat import NotebookNode
from nbformat.v4 import new_output
from papermill.engines import Engine, papermill_engines
from papermill.exceptions import PapermillExecutionError
from traitlets.config import Config

from runbook_lib.archive.notebooks import find_notebook
from runbook_lib.cli import app
from runbook_lib.parameters import Parameters
from runbook_lib.runs import Archived, run_notebook


def executed(notebook: Path, out: Path, **parameters: object) -> list[NotebookNode]:
    """What a notebook's cells put out, up to the one that fails."""
    with _without_kernel():
        try:
            ended = papermill.execute_notebook(notebook, out, parameters, progress_bar=False)
        except PapermillExecutionError:  # which adds a cell about the error to the notebook, without outputs
            ended = papermill.iorw.load_notebook_node(str(out))
    return [output for cell in ended.cells for output in cell.get("outputs", [])]


def archived(notebook: str | Path, given: Parameters) -> Archived:
    """A run of a notebook that is archived, as `report` and `run` make it."""
    with _without_kernel():
        return run_notebook(find_notebook(str(notebook)), given)


def command(*arguments: object) -> tuple[int, str]:
    """The exit code of a command that runs a notebook, and what it printed."""
    printed = io.StringIO()
    with _without_kernel(), redirect_stdout(printed), redirect_stderr(printed):
        code = app([str(argument) for argument in arguments], standalone_mode=False)
    return int(code or 0), printed.getvalue()


class _Cells(Engine):
    """Runs the cells of a notebook in an IPython of this process."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **options: Any) -> None:
        with _ipython() as shell:
            for index, cell in enumerate(cell for cell in nb_man.nb.cells if cell.cell_type == "code"):
                cell.outputs = shell.outputs_of(cell.source)
                cell.execution_count = index + 1
                if any(output.output_type == "error" for output in cell.outputs):
                    nb_man.cell_exception(cell)
                    break


@contextmanager
def _without_kernel() -> Iterator[None]:
    with_kernel = papermill_engines.get_engine()
    papermill_engines.register(None, _Cells)
    try:
        yield
    finally:
        papermill_engines.register(None, with_kernel)


class _Results(DisplayHook):
    """What a cell returns becomes an output instead of a line."""

    def write_output_prompt(self) -> None:
        pass

    def write_format_data(self, format_dict: dict[str, Any], md_dict: dict[str, Any] | None = None) -> None:
        self.shell.outputs.append(new_output("execute_result", data=format_dict, metadata=md_dict or {}))

    def finish_displayhook(self) -> None:
        pass

    def flush(self) -> None:
        """The shell ends with its results: IPython would look for garbage of theirs among thousands of tests."""


class _Displays(DisplayPublisher):
    def publish(self, data: dict[str, Any], metadata: dict[str, Any] | None = None, **how: Any) -> None:
        self.shell.outputs.append(new_output("display_data", data=data, metadata=metadata or {}))


class _Shell(InteractiveShell):
    """IPython that keeps what cells put out as a notebook does, a traceback as IPython renders it."""

    outputs: list[NotebookNode]

    def init_displayhook(self) -> None:
        self.displayhook_class, self.display_pub_class = _Results, _Displays
        super().init_displayhook()

    def init_display_pub(self) -> None:
        self.display_pub = _Displays(parent=self, shell=self)

    def _showtraceback(self, etype: type, evalue: BaseException, stb: list[str]) -> None:
        self.outputs.append(new_output("error", ename=etype.__name__, evalue=str(evalue), traceback=stb))

    def outputs_of(self, source: str) -> list[NotebookNode]:
        """What one cell puts out."""
        self.outputs, printed = [], {"stdout": io.StringIO(), "stderr": io.StringIO()}
        with redirect_stdout(printed["stdout"]), redirect_stderr(printed["stderr"]):
            self.run_cell(source, store_history=True)
        told = {name: stream.getvalue() for name, stream in printed.items()}
        return [new_output("stream", name=name, text=text) for name, text in told.items() if text] + self.outputs


@contextmanager
def _ipython() -> Iterator[_Shell]:
    """An IPython with names of its own, that leaves nothing behind, neither in this process nor in a home."""
    config = Config({"HistoryManager": {"enabled": False}})
    path, names = list(sys.path), set(vars(builtins))
    with TemporaryDirectory() as folder:
        shell = _Shell.instance(config=config, ipython_dir=folder, user_module=ModuleType("cells"))
        try:
            yield shell
        finally:
            atexit.unregister(shell.atexit_operations)
            shell.atexit_operations()
            _Shell.clear_instance()
            sys.path[:] = path
            sys.modules.pop("cells", None)
            for name in set(vars(builtins)) - names:
                delattr(builtins, name)
