"""How ECS words it, this year or another, decides nothing: the same verdicts, in the same order."""

import pytest

from runbook_lib import lab as labs
from runbook_lib.diagnosis.engine import judge
from tests.incidents.places import told
from tests.incidents.wording import ERAS, worded

pytestmark = pytest.mark.xdist_group("incidents")


def differing(found, before, rows):
    """The verdicts of the evidence in other words that are not as before; None where no words differ."""
    other = worded(found, rows)
    if other == found:
        return None
    return [pair for pair in zip(told(before), told(judge(other)), strict=True) if pair[0] != pair[1]]


@pytest.mark.parametrize("era", ERAS)
def test_the_same_incident_in_words_of_other_years_has_the_same_verdicts(played, era):
    looks = {name: played(name) for name in labs.names()}
    found = {name: differing(seen.evidence, seen.diagnosis, ERAS[era]) for name, seen in looks.items()}
    assert any(changed is not None for changed in found.values()), "no scenario has these words"
    assert not {name: changed for name, changed in found.items() if changed}


@pytest.mark.parametrize("era", ["without parentheses", "no task named", "because", "manifest for, API error"])
@pytest.mark.parametrize("scenario", labs.names())
def test_names_that_look_like_words_are_none_in_any_year(elsewhere, scenario, era):
    move, there = elsewhere(scenario, "Europe's own cloud")
    assert not differing(move.evidence, there, ERAS[era])
