"""The HTTP check: finds the ways in to a service, asks each of them, judges the answers, and keeps a record."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbook_lib import runs
from runbook_lib.archive import journal
from runbook_lib.archive.incidents import close
from runbook_lib.diagnosis.entrances import Entrance, Wish, entrances
from runbook_lib.diagnosis.verification import Check, Verification, check
from runbook_lib.errors import ExitCode, InputError, ParameterError
from runbook_lib.evidence.answers import Answer, Ask
from runbook_lib.evidence.journal import READ_AT, mended
from runbook_lib.evidence.model import Evidence
from runbook_lib.look import collection
from runbook_lib.parameters import Parameters, resolve

if TYPE_CHECKING:
    from runbook_lib.report.render import Section

SCHEMA = 1
Told = Callable[[int], None]  # called with the number of requests before they are made


def verify(given: Parameters, begins: Told = lambda count: None) -> Verification:
    """Reads how requests get to the service, makes one for each way in, and judges what came back.

    Raises
    ------
    ParameterError
        Cluster, service or Region is not given, or saved evidence is: it has nothing to ask.
    TargetError, AccessError
        As :meth:`runbook_lib.aws.collect.Collection.first_look`.
    """
    from runbook_lib.evidence.way_in import ROUNDS

    if given.evidence:
        raise ParameterError("verify-offline", file=given.evidence)
    ends = time.monotonic() + given.deadline
    evidence = collection(given).first_look(ROUNDS)
    found = entrances(evidence, Wish(given.verify_path, given.verify_host, given.verify_expect))
    with _interruption(evidence, given):
        answers = _answers(found, given, begins, ends - time.monotonic())
    strict, told = given.verify_certificate, bool(given.verify_expect)
    pairs = zip(found, answers, strict=True)
    checks = tuple(check(e, answer, evidence, strict=strict, given=told) for e, answer in pairs)
    return Verification(evidence, datetime.now(UTC), checks)


@contextmanager
def _interruption(evidence: Evidence, given: Parameters) -> Iterator[None]:
    """Leaves a record where a person or a CI job ends the check."""
    try:
        yield
    except KeyboardInterrupt:
        with suppress(InputError):  # the interruption itself matters more than its record
            runs.note(evidence.target, given, "verify", {"ok": False, "outcome": "interrupted", "checks": []})
        raise


def _answers(found: tuple[Entrance, ...], given: Parameters, begins: Told, seconds: float) -> list[Answer | None]:
    from runbook_lib.probe import probe

    asked = [entrance for entrance in found if not entrance.skipped]
    begins(len(asked))
    came = iter(probe([ask(entrance, given) for entrance in asked], seconds))
    return [None if entrance.skipped else next(came) for entrance in found]


def ask(entrance: Entrance, given: Parameters) -> Ask:
    """The request of a way in."""
    return Ask(
        entrance.scheme,
        entrance.host,
        entrance.listener,
        entrance.path,
        entrance.dns,
        given.connect_to,
        given.verify_tries,
    )


@dataclass(frozen=True)
class Kept:
    """Where a check is on record (None: nowhere), and whether it closed that incident."""

    folder: Path | None = None
    closed: bool = False


def record(found: Verification, given: Parameters, by: str) -> Kept:
    """Keeps the check in the journal of the service's open incident.

    One that passes once the deployment was watched to its end closes the incident.

    Raises
    ------
    InputError
        As :func:`runbook_lib.runs.record`.
    """
    folder = runs.note(found.evidence.target, given, "verify", _facts(found, by))
    if folder is None or found.exit_code is not ExitCode.GOOD or not _well(found):
        return Kept(folder)
    watched = mended(journal.read(folder).entries, _settled(found.evidence))
    facts = {"why": "verified", "deployment": "", "revision": ""}
    facts |= {name: watched.text(name) for name in ("deployment", "revision")} if watched else {}
    return Kept(folder, watched is not None and close(folder, resolve(given.outputs), "", **facts))


def leave(found: Verification) -> None:
    """Leaves the check with the run of the notebook, where there is one: `run --exit-verdict` heeds it.

    A service that nobody can ask over HTTP has no check that could fail.
    """
    if found.checks:
        runs.checked(_facts(found, "notebook"), found.exit_code)


def _well(found: Verification) -> bool:
    """Whether every last answer is a success or a redirect: an error that somebody expects does not end an incident."""
    answered = [hops[-1].status or 0 for one in found.checks if one.answer for hops in one.answer.tries]
    return all(status < 400 for status in answered)


def _settled(evidence: Evidence) -> str:
    """The id of the only deployment, where it is complete; empty while another one is going on."""
    listed = evidence.service.get("deployments") or []
    done = len(listed) == 1 and listed[0].get("rolloutState") == "COMPLETED"
    return str(listed[0].get("id", "")) if done else ""


def page(found: Verification, given: Parameters, lang: str, kept: Kept, again: tuple[str, ...]) -> Section:
    """The check as a section; ``again`` are the options that name the service once more."""
    from runbook_lib.report.sections.verifying import verification

    name = kept.folder.name if kept.folder else ""
    closed, left = (name, "") if kept.closed else ("", name if found.exit_code is ExitCode.GOOD else "")
    return verification(found, runs.context(given, found.evidence, lang), closed, again, left)


def _facts(found: Verification, by: str) -> dict[str, Any]:
    return {
        "by": by,
        READ_AT: found.evidence.collected_at.isoformat(),
        "ok": found.exit_code is ExitCode.GOOD,
        "outcome": found.leading.outcome if found.leading else "",
        "checks": [_told(one) for one in found.checks],
    }


def _told(one: Check) -> dict[str, Any]:
    """A check as the journal has it: the request, its outcome, and the codes and milliseconds of its tries."""
    answer = one.answer
    return {
        "url": answer.ask.url if answer else "",
        "outcome": one.outcome,
        "ok": one.code is ExitCode.GOOD,
        "status": [hops[-1].status for hops in answer.tries] if answer else [],
        "ms": [_ms(hops) for hops in answer.tries] if answer else [],
    }


def _ms(hops: tuple[Any, ...]) -> float:
    return round(sum(hop.ms for hop in hops), 1)


def as_json(found: Verification) -> dict[str, Any]:
    """The check as plain JSON values, without words."""
    evidence = found.evidence
    return {
        "schema": SCHEMA,
        "target": asdict(evidence.target),
        "at": found.at.isoformat(),
        "ok": found.exit_code is ExitCode.GOOD,
        "exit_code": int(found.exit_code),
        "outcome": found.leading.outcome if found.leading else "",
        "checks": [_check(one) for one in found.checks],
        "unread": [
            {"kind": u.request.kind, "operation": u.operation, "action": u.action, "reason": u.reason}
            for u in evidence.unreads
        ],
        "calls": len(evidence.calls),
        "elapsed_s": evidence.elapsed_s,
    }


def _check(one: Check) -> dict[str, Any]:
    entrance = asdict(one.entrance)
    return {
        **_told(one),
        "host": entrance.pop("host"),
        "connect_to": one.answer.ask.connect_to if one.answer else "",
        "expect": entrance.pop("expect"),
        "entrance": {name: entrance[name] for name in entrance if name not in ("path", "skipped")},
        "targets": {"healthy": one.healthy, "total": one.targets},
        "certificate": _certificate(one.answer),
        "tries": [[asdict(hop) for hop in hops] for hops in one.answer.tries] if one.answer else [],
    }


def _certificate(answer: Answer | None) -> dict[str, Any] | None:
    if answer is None or answer.shown is None:
        return None
    shown = answer.shown.certificate
    return {
        "subject": shown.subject,
        "issuer": shown.issuer,
        "names": list(shown.names),
        "not_before": shown.not_before.isoformat(),
        "not_after": shown.not_after.isoformat(),
        "trusted": not answer.shown.distrust,
        "distrust": answer.shown.distrust,
        "matches": shown.covers(answer.ask.host),
    }
