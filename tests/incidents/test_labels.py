"""Every label that a rule can give is shown: by a scenario, by a fault that the lab draws, or by AWS's own words."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from runbook_lib.diagnosis.engine import judge
from runbook_lib.diagnosis.rules import RULES
from runbook_lib.evidence.model import Evidence
from runbook_lib.lab.drawing import draw
from runbook_lib.lab.scenario_files import FOLDER
from tests.diagnosis.builder import ago, definition, deployment, service, stopped, target, task, whole
from tests.diagnosis.messages.corpus import MESSAGES
from tests.incidents.draws import FAULTY, diagnosed

HERE = Path(__file__).parent
SCENARIOS = yaml.safe_load((HERE / "scenarios.yaml").read_text(encoding="utf-8"))
SHOWN = yaml.safe_load((HERE / "shown.yaml").read_text(encoding="utf-8"))
CATALOGUE = yaml.safe_load((FOLDER / "_random.yaml").read_text(encoding="utf-8"))
BY_ID = {message.id: message for message in MESSAGES}


def of(how: str) -> dict[str, str]:
    """The labels that are shown so, and by what."""
    return {label: given[how] for label, given in SHOWN.items() if how in given}


def of_tasks(reason: str, **changes: object) -> Evidence:
    """Revision 3 never starts."""
    tasks = [stopped(n, 3, n, reason, ran=False, health="UNKNOWN", **changes) for n in (2, 4)]
    return whole(service(deployment(3, 20, failedTasks=2)), tasks, [definition(3)])


def of_event(text: str) -> Evidence:
    """Revision 3 has no task at all."""
    events = [{"id": "e1", "createdAt": ago(1), "message": text}]
    return whole(service(deployment(3, 20), events=events), [], [definition(3)])


def of_target(text: str) -> Evidence:
    """Revision 3 runs, and its target gets no traffic."""
    targets = [target(1, "unused", ("Target.NotInUse", text))]
    return whole(service(deployment(3, 10, runningCount=1)), [task(1, 3, 8)], [definition(3)], targets=targets)


# Where AWS says it, for each kind of message; an error of an API stands in the event of a task that was not placed.
SAID: dict[str, Callable[[str], Evidence]] = {
    "stopped_reason": of_tasks,
    "container_reason": lambda text: of_tasks("", containers=[{"name": "app", "reason": text}]),
    "service_event": of_event,
    "api_error": lambda text: of_event(f"(service s) was unable to place a task. Reason: {text}"),
    "target_health": of_target,
}


def test_every_label_of_a_rule_is_shown_once():
    causes = {label for labels in SCENARIOS.values() for label in labels}
    assert causes & set(SHOWN) == set()
    assert causes | set(SHOWN) == {label for rule in RULES for label in rule.labels}


@pytest.mark.parametrize(("label", "identity"), of("message").items())
def test_awss_own_words_are_enough_for_the_label(label, identity):
    message = BY_ID[identity]
    found = judge(SAID[message.kind](message.text))
    assert label in message.labels
    assert [verdict.label for verdict in found.failed("cause") or found.failed("symptom")] == [label]


@pytest.mark.parametrize(("label", "fault"), of("fault").items())
def test_a_fault_that_is_drawn_alone_is_named_by_its_label(label, fault):
    seed = next(seed for seed in range(5_000) if draw(FAULTY, seed, CATALOGUE)["drawn"] == [fault])
    assert diagnosed(FAULTY, seed).causes == (label,)
