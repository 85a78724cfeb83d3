"""Incidents of the archive as rows of a list."""

from __future__ import annotations

from datetime import UTC, datetime

from runbook_lib.archive import journal
from runbook_lib.archive.incidents import Filed
from runbook_lib.evidence.journal import opened_at, status
from runbook_lib.report.incidents import Row


def row(found: Filed) -> Row:
    """An incident with its times and what its looks said; of its journal the newest and the first are read, not all."""
    now = datetime.now(UTC)
    marks = journal.marks(found.folder)
    opened = opened_at(found.id) or now
    look, first = journal.newest(found.folder, marks, "look"), None
    if look and not look.causes:
        first = journal.newest(found.folder, marks[::-1], "look")
    return Row(
        id=found.id,
        account=found.account,
        region=found.region,
        cluster=found.cluster,
        service=found.service,
        opened=opened,
        last=marks[-1].at if marks else opened,
        status=status(marks, found.id, now),
        look=look,
        causes=(first or look).causes if look else (),
        looks=sum(mark.kind == "look" for mark in marks),
        runs=len(journal.runs(found.folder)),
        folder=str(found.folder),
        closed=journal.newest(found.folder, marks, "closed"),
    )
