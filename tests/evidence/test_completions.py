"""When a deployment completed is what AWS says of it, the surest word first."""

from dataclasses import replace
from datetime import timedelta

from runbook_lib.evidence.completions import completions
from tests.diagnosis import builder as made

SELF = made.deployment_id(4)


def look(*, changed=1.0, events=(), briefs=()):
    deployment = made.deployment(4, 30, rolloutState="COMPLETED", updatedAt=made.ago(changed))
    return made.healthy(described=made.service(deployment, events=list(events)), briefs=list(briefs))


def minutes_ago(*looks):
    return (made.NOW - completions(looks)[SELF]) / timedelta(minutes=1)


def test_the_service_deployment_tells_it_then_the_event_then_the_deployment_when_it_was_first_seen_so():
    event = made.event(6, f"(deployment {SELF}) deployment completed.")
    brief = made.brief(4, "SUCCESSFUL", 30, 7)
    assert minutes_ago(look(events=[event], briefs=[brief])) == 7
    assert minutes_ago(look(events=[event])) == 6
    assert minutes_ago(look(changed=5), look(changed=1)) == 5


def test_a_deployment_that_failed_or_goes_on_did_not_complete():
    going = made.healthy(described=made.service(made.deployment(4, 30)), briefs=[made.brief(4, "STOPPED", 30, 7)])
    assert completions([going, replace(going, readings=())]) == {}
