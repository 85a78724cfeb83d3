"""Processes that begin with the libraries loaded already: most of what a command takes in a test is their import.

Each is forked from a process that has loaded them, and nothing of the command line itself, gets arguments, environment,
folder and streams of its own, and ends as any other; what depends on how Python starts must start one anew.
"""

import atexit
import importlib
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Mapping
from multiprocessing import reduction
from pathlib import Path
from subprocess import CompletedProcess
from tempfile import TemporaryFile
from typing import IO, Any

Streams = tuple[int, int, int]

# Not ipywidgets: when it is imported it looks whether that is in a kernel, and only there answers pages.
_LIBRARIES = (
    "boto3",
    "botocore.client",
    "httpx",
    "ipykernel.kernelapp",
    "jinja2",
    "pandas",
    "papermill",
    "pydantic",
    "rich.console",
    "runbook_lib.aws.collect",
    "runbook_lib.lab.hosting",
    "runbook_lib.report.sections",
    "runbook_lib.workflow",
    "typer",
    # After the lab, which has moto read each model once.
    "moto.ec2.urls",
    "moto.ecr.urls",
    "moto.elbv2.urls",
    "moto.iam.urls",
    "moto.logs.urls",
    "moto.secretsmanager.urls",
    "tests.practised",
)
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["tests.preloading", *_LIBRARIES])


def start(entry: str, words: tuple[str, ...], streams: Streams, cwd: Path, env: Mapping[str, str]) -> Any:
    """Starts an entry point (``package.module:function``); ``words`` are the name of the program and its arguments.

    ``streams`` are the descriptors of its standard input, output and error.
    """
    process = _processes.Process(target=_run, args=(entry, words, _sent(streams), cwd, dict(env)), daemon=True)
    process.start()
    return process


def run(
    entry: str,
    *words: str,
    cwd: Path,
    env: Mapping[str, str],
    given: bytes = b"",
    meanwhile: Callable[[Any], object] = lambda _: None,
) -> CompletedProcess[str]:
    """Runs an entry point with this standard input to its end; ``meanwhile`` gets the process once it has begun."""
    with TemporaryFile() as read, TemporaryFile() as out, TemporaryFile() as err:
        read.write(given)
        read.seek(0)
        process = start(entry, words, (read.fileno(), out.fileno(), err.fileno()), cwd, env)
        meanwhile(process)
        process.join()
        code = process.exitcode
        process.close()
        return CompletedProcess(words, code, _written(out), _written(err))


def _sent(streams: Streams) -> Any:
    return [reduction.DupFd(stream) for stream in streams]


def _written(stream: IO[bytes]) -> str:
    stream.seek(0)
    return stream.read().decode()


def _run(entry: str, words: tuple[str, ...], streams: Any, cwd: Path, env: Mapping[str, str]) -> None:
    """What Python does at its start and end, and the fork does not."""
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, stream in enumerate([sent.detach() for sent in streams]):
        os.dup2(stream, number)
        os.close(stream)
    sys.stdin, sys.stdout = os.fdopen(0, closefd=False), os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", 1, encoding="utf-8", errors="backslashreplace", closefd=False)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    sys.argv = list(words)
    module, _, function = entry.partition(":")
    try:
        sys.exit(getattr(importlib.import_module(module), function)())
    finally:
        atexit._run_exitfuncs()
