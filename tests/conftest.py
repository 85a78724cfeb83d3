"""Labs for all tests: real HTTP on loopback, a clock that only moves when a test moves it."""

import gc
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import boto3
import pytest

from runbook_lib import lab as labs
from runbook_lib.aws.collect import Collection
from runbook_lib.aws.session import Access, ReadSession
from runbook_lib.evidence.model import Evidence, Target
from runbook_lib.lab.hosting import Lab
from runbook_lib.look import Look, look
from runbook_lib.parameters import Parameters, from_file
from runbook_lib.quick import quicken
from tests.batches import Batches
from tests.programs import Programs
from tests.remote_lab import RemoteLab

AnyLab = Lab | RemoteLab

quicken()  # before tests import what it is about
signal.signal(signal.SIGINT, signal.default_int_handler)  # programs that tests interrupt would ignore it after `&`
gc.disable()  # until all tests are collected: looking through what came so far, again and again, is half of that

CLUSTER, SERVICE = "momentir-cx-llm-cluster", "momentir-cx-llm-service"


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: browsers, kernels and waiting clients leave some of them idle."""
    return (os.cpu_count() or 1) + 1


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Batches:
    """Groups stay together, and quick tests go some at a time."""
    return Batches(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What a file makes once is made once: the tests that use it go to one worker."""
    for item in items:
        known = item._fixtureinfo.name2fixturedefs.values()
        shared = any(one.scope == "module" for named in known for one in named)
        if shared and not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(item.path.stem))


def pytest_collection_finish() -> None:
    """Ten thousand tests and their libraries are no garbage: looking for some among them takes minutes in all."""
    gc.freeze()
    gc.set_threshold(50_000)
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def folders_of_our_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Signatures of notebooks and records of incidents go to folders of the tests, not among the user's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_DATA_DIR", str(tmp_path_factory.mktemp("jupyter")))
        patch.setenv("ECS_RUNBOOK_OUTPUTS", str(tmp_path_factory.mktemp("outputs")))
        yield


@pytest.fixture(scope="session")
def programs() -> Iterator[Programs]:
    """The command for shells, and a Jupyter kernel for servers, which begin warm."""
    with TemporaryDirectory() as folder:  # a short path: that of a socket has at most 100 bytes
        made = Programs(Path(folder))
        yield made
        made.close()


@pytest.fixture(scope="session")
def lab_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], RemoteLab]]:
    """A lab a scenario, shared by the tests of this process: for tests that change nothing in it."""
    running: dict[str, RemoteLab] = {}

    def of(scenario: str) -> RemoteLab:
        if scenario not in running:
            running[scenario] = RemoteLab(scenario, tmp_path_factory.mktemp(scenario))
        return running[scenario]

    yield of
    for lab in running.values():
        lab.close()


@pytest.fixture
def guide(lab_of: Callable[[str], RemoteLab]) -> RemoteLab:
    """The guide's incident, shared."""
    return lab_of("guide")


@pytest.fixture
def own_lab(tmp_path: Path) -> Iterator[Callable[[str], Lab]]:
    """A lab of the test's own, to change and to break; one at a time, since moto keeps one state a process."""
    running: list[Lab] = []

    def of(scenario: str) -> Lab:
        running.append(labs.start(scenario, folder=tmp_path / "lab"))
        return running[-1]

    yield of
    for lab in running:
        lab.close()


def access(lab: AnyLab) -> Access:
    """How a session reaches the lab."""
    return Access(lab.region, endpoint_url=lab.endpoint_url, credentials="lab")


def collection(lab: AnyLab, *, seconds: float = 60, **target: str) -> Collection:
    """A collection about the lab's service, or about another where ``target`` says so."""
    about = replace(Target(CLUSTER, SERVICE, lab.region), **target)
    return Collection(ReadSession(access(lab)), Evidence(about, datetime.now(UTC), lab=True), seconds)


def given(lab: AnyLab, **changed: object) -> Parameters:
    """The lab's own parameters without the local file, with changes."""
    file = {k: v for k, (v, _) in from_file(lab.params).items() if k != "task_definition_file"}
    return Parameters(**(file | changed))


@pytest.fixture(scope="session")
def seen(lab_of: Callable[[str], RemoteLab]) -> Callable[[str], Look]:
    """One look at a shared lab, taken once."""
    looks: dict[str, Look] = {}

    def of(scenario: str) -> Look:
        if scenario not in looks:
            looks[scenario] = look(given(lab_of(scenario)))
        return looks[scenario]

    return of


@pytest.fixture
def boto() -> Iterator[Callable[[str, str], Any]]:
    """A plain boto3 client with the lab's keys, as any other tool would have; closed at the end."""
    made: list[Any] = []

    def of(service: str, endpoint_url: str) -> Any:
        client: Any = boto3.client
        keys = {"aws_access_key_id": "lab", "aws_secret_access_key": "lab"}
        made.append(client(service, endpoint_url=endpoint_url, region_name="ap-northeast-2", **keys))
        return made[-1]

    yield of
    for client in made:
        client.close()
