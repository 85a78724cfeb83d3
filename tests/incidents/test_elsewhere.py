"""What things are called, and where they are, decides nothing: the same incident elsewhere has the same verdicts."""

import json

import pytest

from runbook_lib import lab as labs
from runbook_lib.evidence.serialisation import dumps
from tests.incidents.places import ELSEWHERE, told

# All tests that play the scenarios once share a process, so that once is once.
pytestmark = pytest.mark.xdist_group("incidents")

everywhere = pytest.mark.parametrize("place", ELSEWHERE)
every_scenario = pytest.mark.parametrize("scenario", labs.names())


@every_scenario
@everywhere
def test_the_same_incident_elsewhere_has_the_same_verdicts(played, elsewhere, scenario, place):
    here, (_, there) = played(scenario).diagnosis, elsewhere(scenario, place)
    assert (told(there), there.state) == (told(here), here.state)
    assert [v.rule for v in there.failed("cause")] == [v.rule for v in here.failed("cause")]


@every_scenario
@everywhere
def test_its_facts_are_the_same_but_for_the_names(played, elsewhere, scenario, place):
    here, (move, there) = played(scenario).diagnosis, elsewhere(scenario, place)
    for old, new in zip(here.verdicts, there.verdicts, strict=True):
        assert move.fits(dict(old.facts), dict(new.facts)), old.rule
        assert move.fits([c.field for c in old.cites], [c.field for c in new.cites]), old.rule


@pytest.mark.parametrize("scenario", ["guide", "arm-image-index", "registry-forbidden", "stacked-faults"])
def test_no_old_name_is_left(elsewhere, scenario):
    move, _ = elsewhere(scenario, "China")
    left = json.dumps(json.loads(dumps(move.evidence)))
    old = {name for names in move.names.values() for name in names if "-" in name}
    assert old
    assert not [name for name in (*old, "ap-northeast-2", "123456789012", "arn:aws:") if name in left]


# Played from the beginning under other names: readings, wants and deeper looks find their way too.
PLAYED = {
    "a platform": {
        "extends": "arm-image-index",
        "cluster": "default",
        "service": "awslogs",
        "region": "ap-northeast-3",
    },
    "a secret": {"extends": "secret-not-json", "cluster": "error", "service": "latest", "region": "sa-east-1"},
    "a network": {"extends": "stacked-faults", "cluster": "web", "service": "web", "region": "us-east-1"},
    "a path": {"extends": "bad-build-rolled-back", "cluster": "unhealthy", "service": "health", "region": "ap-east-1"},
    "the guide": {"extends": "guide", "region": "me-central-1"},
}


@pytest.mark.parametrize("file", PLAYED.values(), ids=PLAYED)
def test_a_scenario_played_elsewhere_has_the_same_causes(played, expected, tmp_path, file):
    path = tmp_path / "elsewhere.yaml"
    path.write_text(json.dumps(file), encoding="utf-8")
    found = played(path)
    assert found.evidence.target.region == file["region"]
    assert [v.label for v in found.diagnosis.failed("cause")] == expected[file["extends"]]
