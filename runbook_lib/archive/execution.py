"""Runs a notebook by papermill and archives what it left, whether it succeeded or failed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import papermill
from jupyter_client.kernelspec import NoSuchKernel
from nbclient.exceptions import DeadKernelError
from nbformat import ValidationError
from nbformat.reader import NotJSONError
from nbformat.sign import NotebookNotary
from papermill.exceptions import PapermillExecutionError

from runbook_lib.archive.store import Run, writing
from runbook_lib.parameters import RUN_FOLDER

# ipykernel warns at every start that a loopback connection is not encrypted. Whoever ends a kernel interrupts it first,
# and one that has nothing to do just then calls that an error. What a cell raises is told in the notebook, not there.
_QUIET = ["--IPKernelApp.log_level=CRITICAL"]


@dataclass(frozen=True)
class Execution:
    """How a run of a notebook ended: ``error`` is empty or the last line that the kernel printed of its failure."""

    ok: bool
    error: str = ""


def execute(run: Run, notebook: Path, parameters: dict[str, Any]) -> Execution:
    """Runs ``notebook`` headless into the run's ``report.ipynb``.

    The kernel's own failure is no exception here: the half-run notebook stays in the run, and the error is returned.
    """
    target = run.folder / "report.ipynb"
    try:
        with writing(run.root), _environment(RUN_FOLDER, str(run.folder)):
            papermill.execute_notebook(
                str(notebook),
                str(target),
                parameters=parameters,
                progress_bar=False,
                log_output=False,
                extra_arguments=_QUIET,
            )
    except PapermillExecutionError as error:
        return Execution(False, str(error.evalue))
    except (DeadKernelError, NoSuchKernel, NotJSONError, ValidationError) as error:
        return Execution(False, f"{type(error).__name__}: {str(error)[:500]}")
    _trust(target)
    return Execution(True)


def _trust(notebook: Path) -> None:
    """Signs a notebook that we have run as Jupyter does with those that a user runs.

    Jupyter takes styles and pictures out of notebooks that this user did not run, and with them the timeline.
    """
    notary = NotebookNotary()
    try:
        notary.sign(nbformat.read(notebook, as_version=4))
    finally:
        notary.store.close()


@contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
