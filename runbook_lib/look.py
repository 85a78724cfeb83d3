"""One look at a service: read it, or replay what was saved, and judge it; the loop of first and deeper looks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from runbook_lib.diagnosis.engine import Diagnosis, judge, wanted
from runbook_lib.diagnosis.state import State
from runbook_lib.errors import ExitCode, InputError, ParameterError
from runbook_lib.evidence import local, serialisation
from runbook_lib.evidence.first_look import rest
from runbook_lib.evidence.model import Evidence, Reading, Request, Target, Unread
from runbook_lib.parameters import Parameters, resolve

if TYPE_CHECKING:
    from runbook_lib.aws.collect import Collection
    from runbook_lib.aws.session import ReadSession

_DEEPER_LOOKS = 3


@dataclass(frozen=True)
class Look:
    """One look at a service: what was read and what it says."""

    evidence: Evidence
    diagnosis: Diagnosis

    @property
    def exit_code(self) -> ExitCode:
        """1 where a fault was seen or the service is stuck or failing, 3 where an answer is missing, else 0."""
        faults = self.diagnosis.failed("cause") + self.diagnosis.failed("symptom")
        if faults or self.diagnosis.state in (State.STUCK, State.FAILING):
            return ExitCode.BAD
        unanswered = self.diagnosis.state is State.UNKNOWN or self.diagnosis.unknown
        return ExitCode.COULD_NOT_LOOK if unanswered else ExitCode.GOOD


def look(given: Parameters, session: ReadSession | None = None) -> Look:
    """Reads the service (or replays saved evidence) and judges it; ``session`` where one is open already.

    Raises
    ------
    ParameterError
        Cluster or service is not given.
    TargetError, AccessError, InputError
        As :meth:`runbook_lib.aws.collect.Collection.first_look` and the readers of local files.
    """
    return _replayed(given) if given.evidence else _read(given, session)


def _replayed(given: Parameters) -> Look:
    """What a rule still wants cannot be had without AWS, and that is said."""
    path = resolve(given.evidence)
    evidence = serialisation.load(path)
    _require_same(given, evidence.target)
    with believed(str(path)):
        return _rejudged(evidence)


def _require_same(given: Parameters, target: Target) -> None:
    for name in ("cluster", "service"):
        asked, found = getattr(given, name), getattr(target, name)
        if asked and asked != found:
            raise ParameterError("evidence-elsewhere", name=name, asked=asked, found=found, file=given.evidence)


@contextmanager
def believed(file: str) -> Iterator[None]:
    """What saved evidence of a wrong shape raises, wherever it is met, as one error that names the file.

    Raises
    ------
    InputError
        The file was edited or damaged.
    """
    try:
        yield
    except KeyError as error:
        raise InputError("evidence-lacks", file=file, name=str(error.args[0])) from error
    except (AttributeError, IndexError, TypeError, ValueError) as error:
        raise InputError("evidence-damaged", file=file) from error


def _rejudged(evidence: Evidence) -> Look:
    diagnosis = judge(evidence)
    wishes = wanted(evidence) if diagnosis.state is not State.HEALTHY else ()
    if not wishes:
        return Look(evidence, diagnosis)
    offline = tuple(Unread(wish, "", "", "not-asked") for wish in wishes)
    more = replace(evidence, unreads=evidence.unreads + offline)
    return Look(more, judge(more))


def opened(given: Parameters) -> ReadSession:
    """A session that reads, for one look or for many: it keeps its connections and refreshes its credentials.

    Raises
    ------
    ParameterError
        Cluster, service or Region is not given, or the profile does not exist.
    AccessError
        The profile cannot be used.
    """
    from runbook_lib.aws.session import Access, ReadSession

    for name in ("cluster", "service"):
        if not getattr(given, name):
            raise ParameterError("parameter-missing", name=name)
    session = ReadSession(Access(given.region, given.profile, given.endpoint_url, given.credentials, given.deadline))
    if not session.region:
        raise ParameterError("parameter-missing", name="region")
    return session


def collection(given: Parameters, session: ReadSession | None = None) -> Collection:
    """What reads the service that the parameters name; nothing is read yet. Raises as :func:`opened`."""
    from runbook_lib.aws.collect import Collection

    session = session or opened(given)
    return Collection(session, _blank(given, session.region), given.deadline)


def _read(given: Parameters, session: ReadSession | None) -> Look:
    reading = collection(given, session)
    evidence = reading.first_look()
    for _ in range(_DEEPER_LOOKS):
        diagnosis = judge(evidence)
        deeper = wanted(evidence) if diagnosis.state is not State.HEALTHY else ()
        wishes = tuple(dict.fromkeys((*_left_out(evidence), *deeper)))
        if not wishes:
            return Look(evidence, diagnosis)
        evidence = reading.deeper(evidence, wishes)
    return Look(evidence, judge(evidence))


def more(given: Parameters, evidence: Evidence, wishes: tuple[Request, ...]) -> Evidence:
    """Evidence with what is asked besides, within the budget of a look.

    Raises
    ------
    AccessError, ParameterError
        As :func:`look`.
    """
    from runbook_lib.aws.collect import Collection

    return Collection(opened(given), evidence, given.deadline).deeper(evidence, wishes)


def poll(session: ReadSession, blank: Evidence, wishes: tuple[Request, ...], seconds: float) -> Evidence:
    """What is asked and nothing else, in one round, at its own time."""
    from runbook_lib.aws.collect import Collection

    return Collection(session, blank, seconds).apart(wishes)


def _left_out(evidence: Evidence) -> tuple[Request, ...]:
    return tuple(wish for wish in rest(evidence) if wish not in evidence.asked())


def _blank(given: Parameters, region: str) -> Evidence:
    """Evidence before AWS is asked: the target, and what the user's own files and words say."""
    readings: list[Reading] = []
    if given.task_definition_file:
        readings.append(local.task_definition_file(resolve(given.task_definition_file)))
    if given.deploy_message:
        readings.append(local.deploy_message(given.deploy_message))
    return Evidence(
        Target(given.cluster, given.service, region),
        datetime.now(UTC),
        readings=tuple(readings),
        stuck_after_s=given.stuck_after * 60,
        lab=given.credentials == "lab",
    )
