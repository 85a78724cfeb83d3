"""An entry that does not hold what its kind holds is told to nobody as if it did."""

from datetime import UTC, datetime

import pytest

from runbook_lib.evidence.journal import Entry
from runbook_lib.evidence.wholeness import whole

STEP = {"plan": "p", "change": "c", "what": "register"}
GOOD = {
    "look": {"state": "stuck", "causes": [{"rule": "x"}], "symptoms": []},
    "run": {"run": "r", "status": "failed"},
    "plan": {"digest": "p", "plan": {}},
    "approval": {"plan": "p"},
    "intent": STEP,
    "change": {**STEP, "outcome": "done", "facts": {}},
    "applied": {"plan": "p", "good": True},
    "watch": {"phase": "end", "deployment": "d", "end": "completed"},
    "verify": {"ok": True, "outcome": "verified"},
}
WRONG = [(kind, name) for kind, facts in GOOD.items() for name in facts]


def entry(kind, facts):
    return Entry(datetime(2026, 11, 26, tzinfo=UTC), f"e-{kind}", kind, "me", facts)


@pytest.mark.parametrize("kind", GOOD)
def test_what_this_version_writes_is_whole(kind):
    assert whole(entry(kind, GOOD[kind]))
    assert not whole(entry(kind, {}))


@pytest.mark.parametrize(("kind", "name"), WRONG)
@pytest.mark.parametrize("value", [7, None, ["x"]])
def test_an_entry_with_a_value_of_another_type_is_not(kind, name, value):
    assert not whole(entry(kind, {**GOOD[kind], name: value}))


def test_of_what_this_version_does_not_know_nothing_is_asked():
    assert whole(entry("weather", {}))
    assert whole(entry("change", {"schema": 99}))
