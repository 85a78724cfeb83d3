"""What many rules ask of one evidence is worked out once for it, and never for another."""

from dataclasses import replace
from datetime import UTC, datetime

from runbook_lib.evidence.model import Evidence, Target, once
from runbook_lib.evidence.serialisation import dumps, loads

EMPTY = Evidence(Target("c", "s", "eu-west-1"), datetime(2026, 11, 23, tzinfo=UTC))


def test_it_is_worked_out_once_for_each_evidence():
    asked: list[int] = []

    @once
    def rounds(evidence: Evidence) -> int:
        asked.append(evidence.rounds)
        return evidence.rounds

    first, second = replace(EMPTY, rounds=1), replace(EMPTY, rounds=2)
    assert [rounds(first), rounds(first), rounds(second), rounds(first)] == [1, 1, 2, 1]
    assert asked == [1, 2]


def test_what_is_remembered_is_no_part_of_the_evidence():
    used, fresh = replace(EMPTY, rounds=3), replace(EMPTY, rounds=3)
    once(lambda evidence: evidence.rounds)(used)
    assert used.derived
    assert used == fresh
    assert dumps(used) == dumps(fresh)
    assert not loads(dumps(used)).derived
    assert not replace(used, rounds=4).derived
