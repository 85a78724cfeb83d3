"""Whatever happens to a call, the look ends, says what is missing, keeps the rest, calls nothing good.

The lab is asked over real HTTP; the retries are botocore's own.
"""

from collections import Counter
from collections.abc import Iterator

import pytest

from runbook_lib.diagnosis.model import Outcome
from runbook_lib.diagnosis.rules import RULES
from runbook_lib.errors import ExitCode
from runbook_lib.evidence.model import Evidence
from runbook_lib.look import Look
from tests.faults import matrix, write
from tests.faults.matrix import FAULTS, LASTING, Cell, Matrix

# One worker looks at everything once.
pytestmark = pytest.mark.xdist_group("faults")

every_fault = pytest.mark.parametrize("fault", FAULTS)
every_loss = pytest.mark.parametrize("fault", LASTING)
# Readings that can only be asked for once another one is there.
FOLLOWS = {
    "service": {"task_definition", "target_groups", "target_health", "service_revisions"},
    "task_arns": {"tasks"},
    "tasks": {"log_tail", "compared_definition"},
    "task_definition": {"image_tags", "images", "log_tail", "compared_definition"},
    "target_groups": {"log_tail"},
    "service_deployments": {"service_revisions", "compared_definition"},
    "service_revisions": {"compared_definition"},
}
# Without these a service cannot be called healthy.
STATE_NEEDS = {"service", "task_arns", "tasks", "target_health"}


@pytest.fixture(scope="module")
def seen() -> Matrix:
    return matrix.run()


def kinds(evidence: Evidence) -> Counter[str]:
    return Counter(reading.request.kind for reading in evidence.readings)


def lost(part: Look, whole: Look) -> set[str]:
    """The kinds of which a reading is missing that an undisturbed look has."""
    return set(kinds(whole.evidence) - kinds(part.evidence))


def outcomes(look: Look) -> dict[str, Outcome]:
    return {verdict.rule: verdict.outcome for verdict in look.diagnosis.verdicts}


def passed(look: Look) -> set[str]:
    return {rule for rule, outcome in outcomes(look).items() if outcome is Outcome.PASS}


def causes(look: Look) -> set[str]:
    """Their labels: where a reading is lost, another rule may tell the same cause by what is left."""
    return {verdict.label for verdict in look.diagnosis.failed("cause")}


def newly_unknown(cell: Cell, part: Look, whole: Look) -> Iterator[dict[str, object]]:
    """The facts of what can no longer be told."""
    before = outcomes(whole)
    for verdict in part.diagnosis.verdicts:
        fresh = verdict.outcome is Outcome.UNKNOWN and before[verdict.rule] is not Outcome.UNKNOWN
        if fresh:
            yield dict(verdict.facts)


def follows(kind: str) -> set[str]:
    found = FOLLOWS.get(kind, set())
    return {kind} | {after for one in found for after in follows(one)}


def test_every_operation_of_both_looks_met_every_fault(seen: Matrix) -> None:
    for scenario, whole in seen.whole.items():
        operations = {call.operation for call in whole.evidence.calls}
        for fault in FAULTS if scenario == "guide" else LASTING:
            assert {c.operation for c in seen.cells if (c.scenario, c.fault) == (scenario, fault)} == operations


@every_fault
def test_no_single_call_ends_the_look(seen: Matrix, fault: str) -> None:
    assert not [cell for cell, found in seen.cells.items() if found.stopped and cell.fault == fault]


@every_fault
def test_a_reading_is_had_or_said_to_be_unread_and_why(seen: Matrix, fault: str) -> None:
    for cell, part, whole in seen.looks(fault):
        mine = {(u.reason, u.action) for u in part.evidence.unreads if u.operation == cell.operation}
        if fault in LASTING:
            assert mine == {(FAULTS[fault].reason, matrix.action_of(cell.operation))}, cell
        else:
            assert not part.evidence.unreads, cell
            assert outcomes(part) == outcomes(whole), cell


@every_loss
def test_the_rest_of_the_diagnosis_still_comes(seen: Matrix, fault: str) -> None:
    for cell, part, whole in seen.looks(fault):
        assert {unread.operation for unread in part.evidence.unreads} == {cell.operation}, cell
        unread = {unread.request.kind for unread in part.evidence.unreads}
        assert lost(part, whole) <= {after for kind in unread for after in follows(kind)}, cell


def test_a_call_that_nobody_answers_does_not_use_up_the_deadline(seen: Matrix) -> None:
    for cell, part, _ in seen.looks("silent"):
        assert part.evidence.elapsed_s < matrix.DEADLINE_S, cell


@every_loss
def test_what_can_no_longer_be_told_names_operation_action_and_reason(seen: Matrix, fault: str) -> None:
    for cell, part, whole in seen.looks(fault):
        for facts in newly_unknown(cell, part, whole):
            named = (facts["operation"], facts["action"], facts["reason"])
            assert named == (cell.operation, matrix.action_of(cell.operation), FAULTS[fault].reason), cell


@every_fault
def test_no_fault_makes_a_cause(seen: Matrix, fault: str) -> None:
    for cell, part, whole in seen.looks(fault):
        assert causes(part) <= causes(whole), cell


@every_loss
def test_a_loss_makes_nothing_good(seen: Matrix, fault: str) -> None:
    """No rule passes that did not, none that needs or uses what was lost, and the service is not called healthy."""
    for cell, part, whole in seen.looks(fault):
        gone = lost(part, whole)
        blind = {rule.id for rule in RULES if gone & {*rule.needs, *rule.uses}}
        assert passed(part) <= passed(whole) - blind, cell
        assert part.diagnosis.state in (whole.diagnosis.state, "unknown"), cell
        if whole.diagnosis.state == "healthy" and gone & STATE_NEEDS:
            assert part.diagnosis.state == "unknown", cell


@every_loss
def test_the_exit_code_is_never_good_where_a_needed_reading_is_lost(seen: Matrix, fault: str) -> None:
    for cell, part, whole in seen.looks(fault):
        blind = any(lost(part, whole) & {*rule.needs, *rule.uses} for rule in RULES)
        if blind or whole.exit_code is not ExitCode.GOOD:
            assert part.exit_code in (ExitCode.BAD, ExitCode.COULD_NOT_LOOK), cell
        if whole.exit_code is ExitCode.GOOD:
            assert part.exit_code is not ExitCode.BAD, cell


def test_why_a_reading_is_lost_changes_nothing_in_what_is_told(seen: Matrix) -> None:
    told = {(cell.scenario, cell.operation): outcomes(part) for cell, part, _ in seen.looks("denied")}
    for cell, part, _ in seen.looks(*LASTING):
        assert outcomes(part) == told[cell.scenario, cell.operation], cell


@every_fault
def test_calls_are_tried_as_botocores_standard_mode_does(seen: Matrix, fault: str) -> None:
    """Three times, then given up; a second time where that helps; an answer that makes no sense is not asked again."""
    tries = FAULTS[fault].tries
    for cell, found in seen.cells.items():
        calls = seen.calls(cell)
        if cell.fault == fault:
            assert found.tries == (calls * tries if fault in LASTING else calls + tries - 1), cell


def test_a_healthy_service_loses_the_same_readings_in_the_same_way(seen: Matrix) -> None:
    """So the table needs no second one: where both looks make a call, the same becomes of it."""
    for cell in seen.cells:
        same = Cell("guide", cell.operation, cell.fault)
        assert write.outcome(seen, cell, "en") == write.outcome(seen, same, "en"), cell


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_the_table_in_the_docs_is_what_was_seen(seen: Matrix, lang: str) -> None:
    committed = write.path(lang).read_text(encoding="utf-8")
    assert committed == write.page(seen, lang), "docs/faults are stale; run: python -m tests.faults.write"
