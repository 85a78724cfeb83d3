"""The acts of the demonstration: each runs what its command runs, shows what came of it, fails where that is amiss."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runbook_lib import runs
from runbook_lib.errors import ExitCode, InputError, RunError
from runbook_lib.report.formats import duration, minutes, revision
from runbook_lib.report.markup import unmarked
from runbook_lib.text import say

if TYPE_CHECKING:
    from runbook_lib.applying import Step
    from runbook_lib.diagnosis.following import Poll
    from runbook_lib.evidence.answers import Answer
    from runbook_lib.fixing import Planned
    from runbook_lib.parameters import Parameters

GOOD, BAD, PLAIN = "✓ ", "✗ ", "  "


@dataclass
class Stage:
    """What the acts share: the lab, the parameters with the incident that the first look opens, and how a line is told.

    ``tell`` gets a mark and a text.
    """

    lab: Any
    given: "Parameters"
    lang: str
    tell: Callable[[str, str], None]
    digest: str = ""

    def line(self, mark: str, key: str, **facts: Any) -> None:
        """Tells one line of ``demo.line``."""
        self.tell(mark, unmarked(say(f"demo.line.{key}", self.lang, **facts), self.lang))


def expect(came: bool, act: str, stage: Stage, found: Any = "") -> None:
    """Ends the demonstration where an act did not come out as announced.

    Raises
    ------
    RunError
        It says what was found instead.
    """
    if not came:
        raise RunError("demo-act", problem=say(f"demo.problem.{act}", stage.lang, found=found))


def incident(stage: Stage) -> None:
    """Shows what the lab's service is in: deployments that do not end."""
    from runbook_lib.diagnosis import deployments
    from runbook_lib.evidence.model import at
    from runbook_lib.look import look

    stage.line(PLAIN, "lab", endpoint_url=stage.lab.endpoint_url, region=stage.lab.region)
    seen = look(stage.given).evidence
    listed = deployments.current(seen)
    for one in listed:
        began = at(one.get("createdAt")) or seen.collected_at
        facts = {name: one.get(f"{name}Count") for name in ("running", "desired")}
        facts |= {"status": one.get("status"), "state": one.get("rolloutState"), "failed": one.get("failedTasks")}
        age = minutes((seen.collected_at - began).total_seconds(), stage.lang)
        stage.line(BAD, "deployment", revision=revision(str(one.get("taskDefinition"))), age=age, **facts)
    going_on = sum(one.get("rolloutState") == "IN_PROGRESS" for one in listed)
    expect(going_on > 1, "incident", stage, going_on)


def diagnose(stage: Stage) -> None:
    """Looks, judges, and opens the incident that all further acts are recorded in."""
    from runbook_lib.look import look
    from runbook_lib.report import words
    from runbook_lib.report.headline import headline
    from runbook_lib.report.sections.values import unfinished_since

    found = look(stage.given)
    folder = runs.record(found, stage.given, "diagnose")
    seen, causes = found.evidence, found.diagnosis.failed("cause")
    state = headline(found.diagnosis, seen, stage.lang)[1]
    expect(bool(causes and folder) and found.exit_code is ExitCode.BAD, "diagnose", stage, state)
    stage.given = stage.given.model_copy(update={"incident_id": folder.name if folder else ""})
    began = unfinished_since(found.diagnosis, seen) or seen.collected_at
    since = minutes((seen.collected_at - began).total_seconds(), stage.lang)
    stage.line(BAD, "state", state=state, since=since, calls=len(seen.calls), elapsed=f"{seen.elapsed_s:.1f}")
    for cause in causes:
        told = (words.title(cause, stage.lang), words.standing(cause, stage.lang), words.line(cause, stage.lang))
        stage.tell(BAD, unmarked(" · ".join(told), stage.lang))
    answers = found.diagnosis.checklist
    stage.line(PLAIN, "checklist", total=len(answers), bad=sum(a.outcome == "FAIL" for a in answers))


def plan(stage: Stage) -> None:
    """Plans the fix with every suggestion taken; the digest is what the next act approves."""
    from runbook_lib import fixing
    from runbook_lib.fix_pages import plan_code
    from runbook_lib.report import plan_words

    asked = stage.given.model_copy(update={"suggested": True})
    found: Planned = fixing.plan(asked)
    made = found.plan
    ready = made.ready and bool(made.changes) and plan_code(found, asked) is ExitCode.GOOD
    expect(ready, "plan", stage, len(made.changes))
    for choice in made.choices:
        means = [plan_words.means(choice, each, stage.lang) for each in choice.options if each.value == choice.answer]
        answer = " · ".join([choice.answer, *filter(None, means)])
        stage.line(PLAIN, "choice", question=plan_words.question(choice, stage.lang), answer=answer)
    for number, change in enumerate(made.changes, 1):
        stage.tell(f"{number}. ", unmarked(plan_words.title(change, stage.lang), stage.lang))
    stage.line(PLAIN, "digest", digest=made.digest, count=len(made.changes))
    stage.digest = made.digest


def apply(stage: Stage) -> None:
    """Applies the plan whose digest is approved; every change is read back."""
    from runbook_lib import fixing
    from runbook_lib.fix_pages import step_line

    told: list[str] = []

    def tell(step: "Step") -> None:
        shown = step_line(step, stage.lang)
        told.append(" · ".join(shown.values()))
        stage.line(GOOD if step.good else BAD, "step", **shown)

    done = fixing.apply(stage.given, stage.digest, tell)
    expect(done.good, "apply", stage, told[-1] if told else "-")


def watch(stage: Stage) -> None:
    """Follows the new deployment to its end; between two polls the lab's clock is moved on."""
    from runbook_lib.diagnosis.following import targets
    from runbook_lib.following import Record, follow

    before: list[tuple[Any, ...]] = []

    def tell(poll: "Poll") -> None:
        healthy, total = targets(poll.evidence)
        facts = {"state": poll.own.get("rolloutState"), "healthy": healthy, "total": total}
        facts |= {name: poll.counts[name] for name in ("running", "desired")}
        if (now := tuple(facts.values())) not in before[-1:]:
            stage.line(PLAIN, "poll", elapsed=duration(poll.elapsed_s, stage.lang), **facts)
        before.append(now)

    found = follow(stage.given, Record(stage.given, "watch", _unrecorded), tell, stage.lab.advance)
    end = say(f"watch.end.{found.word}", stage.lang)
    expect(found.word == "completed", "watch", stage, end)
    elapsed = duration(found.took_s, stage.lang)
    stage.line(GOOD, "watched", end=end, revision=found.last.revision, elapsed=elapsed)


def _unrecorded(error: InputError) -> None:
    raise error


def verify(stage: Stage) -> None:
    """Asks every way in to the service; passed after the watch, that closes the incident."""
    from runbook_lib import verifying

    found = verifying.verify(stage.given)
    kept = verifying.record(found, stage.given, "verify")
    answers = [check.answer for check in found.checks if check.answer]
    for answer in answers:
        last = answer.tries[-1]
        ms = round(sum(hop.ms for hop in last))
        good = last[-1].status == 200
        stage.line(GOOD if good else BAD, "answer", status=last[-1].status or "-", url=answer.ask.url, ms=ms)
    came = found.exit_code is ExitCode.GOOD and set(_statuses(answers)) == {200}
    expect(came, "verify", stage, ", ".join(map(str, _statuses(answers))) or "-")
    expect(kept.closed, "unclosed", stage)
    stage.line(GOOD, "closed", incident=stage.given.incident_id)


def _statuses(answers: "list[Answer]") -> list[int]:
    return [hops[-1].status for answer in answers for hops in answer.tries]


def report(stage: Stage) -> None:
    """Runs the postmortem's notebook headless and archives it with the report in both languages."""
    from runbook_lib.archive.notebooks import find_notebook

    done = runs.run_notebook(find_notebook("90_postmortem"), stage.given)
    pages = {name: done.folder / f"report.{name}.html" for name in ("ko", "en")}
    expect(done.ok and all(path.is_file() for path in pages.values()), "report", stage, done.error or done.folder)
    for name in sorted(pages, key=lambda name: name != stage.lang):
        stage.line(GOOD, "page", lang=name, path=pages[name])


# Each with the command that does the same.
ACTS: tuple[tuple[Callable[[Stage], None], str], ...] = (
    (incident, "lab up --scenario guide"),
    (diagnose, "diagnose"),
    (plan, "fix plan --suggested"),
    (apply, "fix apply --approve {digest}"),
    (watch, "watch"),
    (verify, "verify"),
    (report, "report"),
)
