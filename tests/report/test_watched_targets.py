"""What a watch shows of targets: a table of them, a word where none is healthy, nothing where they were not read."""

from __future__ import annotations

import pytest

from runbook_lib.diagnosis.following import Poll
from runbook_lib.evidence.model import Evidence
from runbook_lib.report.blocks import Status, Table
from runbook_lib.report.context import Context
from runbook_lib.report.sections.watching import tables
from runbook_lib.text import say
from tests.diagnosis import builder as made


def shown(evidence: Evidence, lang: str) -> tuple[bool, bool]:
    """Whether targets are listed, and whether it is said that none is healthy."""
    blocks = list(tables(Poll(made.NOW, evidence.service["deployments"][0], evidence, 1), Context(lang)))
    listed = any(isinstance(b, Table) and b.caption == say("watch.caption.targets", lang) for b in blocks)
    told = any(isinstance(b, Status) and b.word == say("watch.outage.title", lang) for b in blocks)
    return listed, told


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_that_no_target_is_healthy_is_told_apart_from_targets_that_were_not_read(lang):
    assert shown(made.guide(), lang) == (True, False)
    assert shown(made.guide(targets=[]), lang) == (False, True)
    assert shown(made.guide(targets=[made.target(1, "draining")]), lang) == (True, True)
    assert shown(made.without(made.guide(), "target_health"), lang) == (False, False)
    assert shown(made.guide(group={}), lang) == (False, False)
