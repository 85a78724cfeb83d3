"""Deployments of the lab watched to their ends on a stepped clock; AWS that throttles, and that is gone for minutes."""

import json

import pytest

from runbook_lib import lab as labs
from runbook_lib.archive.incidents import filed
from runbook_lib.archive.journal import read
from runbook_lib.diagnosis.following import Outcome, Poll
from runbook_lib.errors import AccessError, ExitCode, InputError, ParameterError
from runbook_lib.evidence.model import Target
from runbook_lib.following import Record, follow, outcome_page
from runbook_lib.gating import gate
from runbook_lib.parameters import resolve
from runbook_lib.watching import watch
from tests.incidents.draws import EXPECTED
from tests.watched_lab import parameters_of, unfolding

THROTTLED = {"preset": "throttling", "service": "ecs", "times": 3}  # one call with its retries
CUT = {"preset": "reset"}
DENIED = {"preset": "access-denied", "service": "ecs"}


def watched(scenario, folder, seed=0, **changed) -> tuple[Outcome, list[Poll]]:
    polls: list[Poll] = []
    with unfolding(scenario, folder, seed) as lab:
        return watch(parameters_of(lab, **changed), polls.append, lab.advance), polls


@pytest.mark.parametrize(
    ("scenario", "end", "labels"),
    [
        ("healthy", "completed", set()),
        ("slow-start", "completed", set()),
        ("guide", "doomed", {"image-not-found"}),
        ("secret-not-json", "doomed", {"secret-not-found"}),
        ("health-check-tool-missing", "rolled-back", {"container-health-check-failed"}),
        ("scaled-to-zero", "empty", set()),
    ],
)
def test_an_end_is_told_with_its_causes(tmp_path, scenario, end, labels):
    found, polls = watched(scenario, tmp_path)
    assert (found.word, {v.label for v in found.causes}) == (end, labels)
    assert polls[-1] == found.last
    assert found.calls == sum(poll.calls for poll in polls)


@pytest.mark.parametrize("seed", range(6))
def test_a_good_deployment_is_never_doomed(tmp_path, seed):
    found, polls = watched("random-good", tmp_path, seed)
    assert found.exit_code in (ExitCode.GOOD, ExitCode.SUPERSEDED), found.word
    sure = {v.label for poll in polls for v in poll.causes if v.confidence == "confirmed"}
    assert sure <= {"fargate-capacity-unavailable"}  # drawn, true, and over before long


@pytest.mark.parametrize("seed", [0, 9, 18, 37])
def test_no_wrong_cause_is_named_on_the_way(tmp_path, seed):
    found, polls = watched("random", tmp_path, seed)
    drawn = labs.describe("random", seed).drawn
    assert {v.label for p in polls for v in p.causes} <= {label for fault in drawn for label in EXPECTED[fault]}
    assert found.word != "completed"


def test_a_quiet_poll_takes_few_calls(tmp_path):
    _, polls = watched("slow-start", tmp_path)
    quiet = [poll.calls for poll in polls if not poll.close]
    assert quiet
    assert max(quiet) <= 3


def test_a_later_deployment_supersedes_the_one_that_is_watched(tmp_path, boto):
    with unfolding("slow-start", tmp_path) as lab:
        given = parameters_of(lab)

        def deploy_again(seconds: float) -> None:
            ecs = boto("ecs", lab.endpoint_url)
            ecs.meta.config.region_name = lab.region
            lab.advance(seconds)
            ecs.update_service(cluster=given.cluster, service=given.service, forceNewDeployment=True)

        found = watch(given, wait=deploy_again)
    assert (found.word, found.exit_code) == ("superseded", ExitCode.SUPERSEDED)


def test_time_is_up(tmp_path):
    found, polls = watched("no-capacity", tmp_path, timeout=2)
    assert (found.word, found.exit_code) == ("timeout", ExitCode.TIMED_OUT)
    assert polls[-1].elapsed_s - polls[0].elapsed_s <= 2 * 60 + 1
    assert [v.label for v in found.causes] == ["fargate-capacity-unavailable"]


def test_throttling_does_not_end_it(tmp_path):
    with unfolding("healthy", tmp_path) as lab:
        polls: list[Poll] = []

        def passes(seconds: float) -> None:
            lab.advance(seconds)
            lab.faults([THROTTLED] if len(polls) == 3 else [])

        found = watch(parameters_of(lab), polls.append, passes)
    assert found.word == "completed"
    assert {poll.lost.reason for poll in polls if poll.lost} == {"throttled"}


def test_a_network_that_comes_back_does_not_end_it(tmp_path):
    with unfolding("healthy", tmp_path) as lab:
        polls: list[Poll] = []

        def passes(seconds: float) -> None:
            lab.advance(seconds)
            lab.faults([CUT] if 3 <= len(polls) < 5 else [])

        found = watch(parameters_of(lab), polls.append, passes)
    assert found.word == "completed"
    assert [poll.lost.reason for poll in polls if poll.lost] == ["unreachable", "unreachable"]
    assert [poll.at for poll in polls] == sorted(poll.at for poll in polls)


def test_a_network_that_stays_away_ends_it_and_is_no_failure(tmp_path):
    with unfolding("healthy", tmp_path) as lab:
        waited: list[float] = []

        def passes(seconds: float) -> None:
            waited.append(seconds)
            lab.advance(seconds)
            lab.faults([DENIED])

        found = watch(parameters_of(lab), wait=passes)
    assert (found.word, found.exit_code) == ("unreachable", ExitCode.COULD_NOT_LOOK)
    assert found.last.lost.reason == "access-denied"
    assert sum(waited[1:]) == 300  # the first was the pause before the poll that got no answer


def test_a_deployment_that_there_is_not_is_named_with_those_there_are(tmp_path):
    with unfolding("healthy", tmp_path) as lab, pytest.raises(InputError) as caught:
        watch(parameters_of(lab, deployment="momentir-cx-llm:99"), wait=lab.advance)
    assert caught.value.key == "deployment-unknown"
    assert "ecs-svc/" in caught.value.facts["known"]


def test_saved_evidence_is_not_watched(tmp_path):
    with unfolding("healthy", tmp_path) as lab, pytest.raises(ParameterError) as caught:
        watch(parameters_of(lab, evidence="saved.json"), wait=lab.advance)
    assert caught.value.key == "watch-saved"
    assert lab.calls() == []


# The record


def journal(given) -> list:
    found = filed(resolve(given.outputs), Target(given.cluster, given.service, given.region))
    return [entry for incident in found for entry in read(incident.folder).entries]


def followed(lab, given, wait=None) -> None:
    problems: list = []
    follow(given, Record(given, "watch", problems.append), lambda poll: None, wait or lab.advance)
    assert problems == []


def test_a_good_deployment_opens_no_incident(tmp_path):
    with unfolding("healthy", tmp_path / "lab") as lab:
        given = parameters_of(lab, outputs=str(tmp_path / "outputs"))
        followed(lab, given)
    assert journal(given) == []


def test_a_doomed_deployment_opens_an_incident_with_look_and_end(tmp_path):
    with unfolding("guide", tmp_path / "lab") as lab:
        given = parameters_of(lab, outputs=str(tmp_path / "outputs"))
        followed(lab, given)
        followed(lab, given)
    entries = journal(given)
    assert [entry.kind for entry in entries] == ["opened", "look", "watch", "watch", "look", "watch"]
    last = entries[-1]
    assert (last.text("phase"), last.text("end"), last.text("revision")) == ("end", "doomed", "momentir-cx-llm:3")
    assert [cause.rule for cause in last.causes] == ["image_tag_absent"]
    assert json.dumps(last.data["elapsed_s"]).isdigit()


def test_an_interruption_leaves_its_entry(tmp_path):
    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    with unfolding("slow-start", tmp_path / "lab") as lab:
        given = parameters_of(lab, outputs=str(tmp_path / "outputs"), incident_id="new")
        with pytest.raises(KeyboardInterrupt):
            followed(lab, given, interrupt)
    assert [entry.text("end") for entry in journal(given) if entry.kind == "watch"] == ["", "interrupted"]


# The gate


def test_a_service_whose_deployment_has_ended_is_free_after_one_call(tmp_path):
    with labs.start("healthy", folder=tmp_path) as lab:
        found = gate(parameters_of(lab), wait=lab.advance)
        assert (found.word, found.exit_code, found.calls) == ("free", ExitCode.GOOD, 1)
        assert [call["action"] for call in lab.calls()] == ["DescribeServices"]


def test_it_waits_until_the_deployment_has_ended(tmp_path):
    with unfolding("healthy", tmp_path) as lab:
        polls: list[Poll] = []
        found = gate(parameters_of(lab), polls.append, lab.advance)
    assert found.word == "free"
    assert found.waited_s > 0
    assert {poll.own["rolloutState"] for poll in polls} == {"IN_PROGRESS"}
    assert found.calls == found.polls


def test_a_deployment_that_was_rolled_back_does_not_block(tmp_path):
    with labs.start("bad-build-rolled-back", folder=tmp_path) as lab:
        assert gate(parameters_of(lab), wait=lab.advance).word == "free"


def test_a_service_that_there_is_not_yet_is_free(tmp_path):
    with labs.start("healthy", folder=tmp_path) as lab:
        found = gate(parameters_of(lab, service="not-yet"), wait=lab.advance)
    assert (found.word, found.new) == ("free", True)


def test_what_blocks_is_told_with_its_causes(tmp_path):
    with labs.start("guide", folder=tmp_path) as lab:
        found = gate(parameters_of(lab, timeout=1), wait=lab.advance)
    assert (found.word, found.exit_code) == ("blocked", ExitCode.TIMED_OUT)
    assert len(found.blocking) == 2
    assert "image-not-found" in {v.label for v in found.seen.failed("cause")}


def test_a_gate_that_gets_no_answer_says_so(tmp_path):
    with labs.start("guide", folder=tmp_path) as lab:

        def passes(seconds: float) -> None:
            lab.advance(seconds)
            lab.faults([DENIED])

        found = gate(parameters_of(lab), wait=passes)
    assert (found.word, found.exit_code) == ("unreachable", ExitCode.COULD_NOT_LOOK)


def test_aws_that_is_gone_for_minutes_and_back_is_followed_on(tmp_path):
    """The lab itself ends, and starts again at the same place with the same past."""
    same = {"seed": 0, "start": "2026-11-23T09:00:00Z", "fresh": True}
    labs_made = [labs.start("slow-start", folder=tmp_path / "first", **same)]
    port = int(labs_made[0].endpoint_url.rpartition(":")[2])
    given, begun, waited, lost = parameters_of(labs_made[0]), labs_made[0].now, [], []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 3:
            labs_made[-1].close()
        elif len(waited) == 6:
            labs_made.append(labs.start("slow-start", port=port, folder=tmp_path / "again", **same))
            labs_made[-1].advance(begun + sum(waited) - labs_made[-1].now)
        elif len(waited) < 3 or len(waited) > 6:
            labs_made[-1].advance(seconds)

    try:
        found = watch(given, lambda poll: lost.append(poll.lost), wait)
    finally:
        labs_made[-1].close()
    assert found.word == "completed"
    assert 2 <= sum(one is not None for one in lost) <= 4


@pytest.mark.parametrize("action", ["elbv2:DescribeTargetHealth", "ecs:DescribeTasks"])
def test_a_completed_deployment_of_which_not_all_may_be_read_is_neither_good_nor_timed_out(tmp_path, action):
    service, _, name = action.partition(":")
    with unfolding("healthy", tmp_path) as lab:
        lab.faults([{"preset": "access-denied", "service": service, "action": name}])
        given = parameters_of(lab)
        found = watch(given, wait=lab.advance)
    assert (found.word, found.exit_code) == ("unseen", ExitCode.COULD_NOT_LOOK)
    assert name in outcome_page(found, given, "en", ()).text


def test_where_rolled_back_deployments_may_not_be_listed_the_newest_is_not_told(own_lab):
    lab = own_lab("bad-build-rolled-back")
    lab.faults([{"preset": "access-denied", "service": "ecs", "action": "ListServiceDeployments"}])
    with pytest.raises(AccessError, match="deployments-unread"):
        watch(parameters_of(lab), wait=lab.advance)


def test_how_long_it_took_is_the_time_of_aws_whenever_it_is_looked_at(own_lab):
    lab = own_lab("healthy")
    lab.advance(3600)
    found = watch(parameters_of(lab), wait=lab.advance)
    assert found.word == "completed"
    assert 60 < found.took_s < 200


def test_what_the_first_task_will_lack_dooms_it_at_the_second_poll(tmp_path):
    polls: list[Poll] = []
    with unfolding("ssm-path-empty", tmp_path) as lab:
        found = watch(parameters_of(lab), polls.append, lab.advance)
    assert (found.word, len(polls)) == ("doomed", 2)
    assert all(poll.causes for poll in polls)


def test_an_interruption_after_a_cause_was_seen_opens_an_incident(tmp_path):
    with unfolding("no-capacity", tmp_path / "lab") as lab:
        given = parameters_of(lab, outputs=str(tmp_path / "out"))
        record = Record(given, "watch", lambda _: None)

        def told(poll: Poll) -> None:
            if poll.causes:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            follow(given, record, told, lab.advance)
    assert record.folder
    assert [entry.kind for entry in read(record.folder).entries] == ["opened", "look", "watch"]
