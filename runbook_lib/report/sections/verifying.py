"""The HTTP check as a section: the outcome, a table of the requests, and for each what it was and what came back."""

from __future__ import annotations

from datetime import datetime

from runbook_lib.diagnosis.entrances import ANY_ANSWER, Entrance, read_all, unfinished
from runbook_lib.diagnosis.listener_rules import DEFAULT
from runbook_lib.diagnosis.verification import Check, Verification
from runbook_lib.errors import ExitCode
from runbook_lib.evidence.answers import Answer, Ask, Hop, Try
from runbook_lib.evidence.model import Evidence
from runbook_lib.report import words
from runbook_lib.report.blocks import (
    Banner,
    Block,
    Card,
    Cell,
    Fact,
    Facts,
    Fold,
    Paragraph,
    Quote,
    Shell,
    Status,
    Step,
    Table,
    Tag,
    Tone,
    state,
)
from runbook_lib.report.commands import aimed, in_shell
from runbook_lib.report.context import Context
from runbook_lib.report.markup import code
from runbook_lib.report.plan_commands import ours
from runbook_lib.report.render import Section
from runbook_lib.report.sections.values import full_stamp
from runbook_lib.text import has, say

_TONES: dict[ExitCode, Tone] = {ExitCode.GOOD: "ok", ExitCode.BAD: "bad", ExitCode.TIMED_OUT: "bad"}
_STATES = {ExitCode.GOOD: "good", ExitCode.BAD: "bad", ExitCode.TIMED_OUT: "late"}
_HEALTH = ("elbv2", "describe-target-health", "--target-group-arn", "{group}")
_GROUP = ("elbv2", "describe-target-groups", "--target-group-arns", "{group}")
_BALANCER = ("elbv2", "describe-load-balancers", "--load-balancer-arns", "{arn}")
_LISTENERS = ("elbv2", "describe-listeners", "--load-balancer-arn", "{arn}")
# The command of a next step.
_COMMANDS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("balancer-no-target", "balancer-bad-gateway", "balancer-timeout", "silent", "lost"), _HEALTH),
    **dict.fromkeys(("server-error", "unsteady"), _HEALTH),
    **dict.fromkeys(("unexpected-status", "detached", "not-routed"), _GROUP),
    "connect-timeout": (*_BALANCER, "--query", "LoadBalancers[].SecurityGroups"),
    **dict.fromkeys(("tls", "certificate", "refused", "balancer-answer"), _LISTENERS),
}
_MOST_NAMES = 3
_LONG_PATH = 32


def verification(
    found: Verification, context: Context, closed: str = "", again: tuple[str, ...] = (), left_open: str = ""
) -> Section:
    """Whether the service answers: overall, request by request, and what could not be read.

    ``closed`` is the incident that it closed, ``left_open`` one that stays open although it passed; ``again`` are the
    options that name the service once more.
    """
    inside = (
        *_banner(context),
        _status(found, context),
        *_table(found, context),
        *_closing(closed, again, context),
        *_open(left_open, again, context),
        *_remarks(found, context),
        *(_card(check, found.evidence, context) for check in found.checks),
        *(Paragraph(words.unread(unread, context.lang)) for unread in found.evidence.unreads),
    )
    return Section("verification", _say(context, "title"), inside, context.lang)


def _closing(incident: str, again: tuple[str, ...], context: Context) -> tuple[Block, ...]:
    """That the incident is closed, and how its postmortem is written."""
    if not incident:
        return ()
    told = _say(context, "closed", incident=code(incident))
    return (Paragraph(told), Shell(_say(context, "postmortem"), ours("report", *again)))


def _open(incident: str, again: tuple[str, ...], context: Context) -> tuple[Block, ...]:
    """That the incident stays open although the service answers, and what would close it."""
    if not incident:
        return ()
    told = _say(context, "left_open", incident=code(incident))
    return (Paragraph(told), Shell(_say(context, "follow"), ours("watch", *again)))


def _say(context: Context, key: str, /, **facts: object) -> str:
    return say(f"verify.{key}", context.lang, **facts)


def _banner(context: Context) -> tuple[Block, ...]:
    return (Banner(context.say("lab.title")),) if context.lab else ()


def _status(found: Verification, context: Context) -> Status:
    code_ = found.exit_code
    asked = [check for check in found.checks if check.answer]
    left = len(found.checks) - len(asked)
    text = _say(
        context,
        "summary" if left else "summary_asked",
        asked=len(asked),
        good=sum(1 for check in asked if check.code is ExitCode.GOOD),
        left=left,
        at=full_stamp(found.at, context),
    )
    return Status(_tone(code_), _say(context, f"state.{_STATES.get(code_, 'unknown')}"), text)


def _tone(code_: ExitCode) -> Tone:
    return _TONES.get(code_, "unk")


def _table(found: Verification, context: Context) -> tuple[Block, ...]:
    asked = [check for check in found.checks if check.answer]
    if not asked:
        return ()
    titles = tuple(_say(context, f"column.{name}") for name in ("request", "outcome", "status", "ms", "targets"))
    rows = tuple(_row(check, check.answer, context) for check in asked if check.answer)
    strict = "caption_strict" if any(check.strict for check in asked) else "caption"
    caption = _say(context, strict, tries=max(check.answer.ask.tries for check in asked if check.answer))
    return (Table(caption, titles, rows, "verification"),)


def _row(check: Check, answer: Answer, context: Context) -> tuple[Cell, ...]:
    statuses = dict.fromkeys(str(hops[-1].status or "–") for hops in answer.tries)
    return (
        _address(answer.ask),
        state(_tone(check.code), outcome(check.outcome, context.lang)),
        Cell(" · ".join(statuses), "number"),
        Cell(" · ".join(f"{_ms(hops):,.0f}" for hops in answer.tries), "number"),
        Cell(_targets(check, context), "number"),
    )


def _address(ask: Ask) -> Cell:
    """Port and path; the host where it is not the load balancer's own long name, which the card has."""
    path = f" {shortened(ask.path)}" if ask.scheme.startswith("http") else ""
    return Cell(code(f"{ask.scheme}:{ask.port}{path}"), note=code(ask.host) if ask.host != ask.dns else "")


def shortened(path: str) -> str:
    """A path for a table; the whole of it stands in the card."""
    return path if len(path) <= _LONG_PATH else f"{path[:_LONG_PATH]}…"


def _ms(hops: Try) -> float:
    return sum(hop.ms for hop in hops)


def _targets(check: Check, context: Context) -> str:
    return "–" if check.targets is None else _say(context, "targets", healthy=check.healthy, total=check.targets)


def outcome(word: str, lang: str) -> str:
    """What an outcome is called."""
    return say(f"verify.outcome.{word}.title", lang)


def _remarks(found: Verification, context: Context) -> tuple[Block, ...]:
    """What limits what the answers say."""
    holds = {"unfinished": unfinished(found.evidence), "incomplete": not read_all(found.evidence)}
    return tuple(Paragraph(_say(context, f"note.{name}"), "quiet") for name, true in holds.items() if true)


def _card(check: Check, evidence: Evidence, context: Context) -> Card:
    title = check.answer.ask.url if check.answer else _named(check.entrance)
    tag = Tag(outcome(check.outcome, context.lang), _tone(check.code), "solid" if check.code == ExitCode.BAD else "")
    rows = (*_request(check, context), *_came(check, context), *_meaning(check, evidence, context))
    shown = tuple(row for row in rows if not row.empty)
    return Card(
        code(title) if title else tag.word, tag, (Facts(shown), *_head(check, context), *_command(check, context))
    )


def _named(entrance: Entrance) -> str:
    """What an entrance that was not asked is called: its address as far as there is one, else the target group."""
    if not entrance.host:
        return _short(entrance.group)
    return Ask(entrance.scheme, entrance.host, entrance.listener, entrance.path).url


def _short(arn: str) -> str:
    """The name of a target group out of its ARN."""
    parts = arn.split("/")
    return parts[1] if len(parts) > 2 else arn


def _request(check: Check, context: Context) -> tuple[Fact, ...]:
    entrance = check.entrance
    notes = tuple(_say(context, f"note.{name}") for name in entrance.notes)
    return (
        Fact(_say(context, "label.way"), (_way(entrance, context),) if entrance.balancer else ()),
        Fact(_say(context, "label.expect"), (_expected(check, context),) if _is_http(check) else ()),
        Fact(_say(context, "label.note"), notes),
    )


def _is_http(check: Check) -> bool:
    return bool(check.answer and check.answer.ask.scheme.startswith("http"))


def _way(entrance: Entrance, context: Context) -> str:
    rule = _say(context, "rule", priority=entrance.rule) if entrance.rule != DEFAULT else _say(context, "rule_default")
    return _say(
        context,
        "way_internal" if entrance.internal else "way",
        balancer=code(entrance.balancer),
        listener=code(f"{entrance.protocol}:{entrance.listener}"),
        rule=rule,
        group=code(_short(entrance.group)),
    )


def _expected(check: Check, context: Context) -> str:
    entrance = check.entrance
    by = "given" if check.given else "any" if entrance.expect == ANY_ANSWER else "group"
    return _say(context, f"expect.{by}", codes=code(entrance.expect))


def _came(check: Check, context: Context) -> tuple[Fact, ...]:
    if not check.answer:
        return ()
    hops = _telling(check.answer)
    ask, last = check.answer.ask, hops[-1]
    connected = (code(last.address),) if last.address and (ask.connect_to or last.problem) else ()
    return (
        Fact(_say(context, "label.redirects"), tuple(_hop(hop, context) for hop in hops if hop.location)),
        Fact(_say(context, "label.certificate"), _certificate(check.answer, context)),
        Fact(_say(context, "label.connected"), connected),
        Fact(_say(context, "label.said"), (code(last.said),) if last.said else ()),
    )


def _telling(answer: Answer) -> Try:
    """The try that shows the outcome: one without an answer, else one with a status of its own, else the last."""
    statuses = [hops[-1].status for hops in answer.tries]
    odd = [hops for hops in answer.tries if statuses.count(hops[-1].status) < len(statuses)]
    failed = [hops for hops in answer.tries if hops[-1].problem]
    return next(iter([*failed, *sorted(odd, key=lambda hops: -hops[-1].status)]), answer.tries[-1])


def _hop(hop: Hop, context: Context) -> str:
    return _say(context, "hop", status=hop.status, **{"from": code(hop.url), "to": code(hop.location)})


def _certificate(answer: Answer, context: Context) -> tuple[str, ...]:
    if not answer.shown:
        return ()
    found, why = answer.shown.certificate, answer.shown.distrust
    names = ", ".join(code(name) for name in found.names[:_MOST_NAMES]) or code(found.subject or "–")
    trust = _say(context, "certificate.distrusted", why=code(why)) if why else _say(context, "certificate.trusted")
    match = _say(context, "certificate.matches") if found.covers(answer.ask.host) else ""
    return (
        _say(
            context,
            "certificate.of",
            subject=code(found.subject or "–"),
            issuer=code(found.issuer or "–"),
            until=full_stamp(found.not_after, context),
            left=_left(found.not_after, context),
        ),
        f"{trust} · {match or _say(context, 'certificate.mismatch', names=names)}",
    )


def _left(until: datetime, context: Context) -> str:
    days = (until - datetime.now(until.tzinfo)).days
    return _say(context, "certificate.days", days=days) if days >= 0 else _say(context, "certificate.expired")


def _meaning(check: Check, evidence: Evidence, context: Context) -> tuple[Fact, ...]:
    key = f"outcome.{check.outcome}"
    about = ", ".join(code(word) for word in check.entrance.about)
    means = (_say(context, f"{key}.means", about=about),) if has(f"verify.{key}.means") else ()
    return (
        Fact(_say(context, "label.means"), means),
        Fact(_say(context, "label.next"), steps=_next(check, key, evidence, context)),
    )


def _next(check: Check, key: str, evidence: Evidence, context: Context) -> tuple[Step, ...]:
    there = bool(check.answer and check.answer.ask.connect_to) and has(f"verify.{key}.there")
    text = f"{key}.there" if there else f"{key}.next"
    if not has(f"verify.{text}"):
        return ()
    argv = () if there else _COMMANDS.get(check.outcome, ())
    facts = {"group": check.entrance.group, "arn": check.entrance.arn}
    command = aimed(argv, evidence, context.commands, facts) if argv else ""
    return (Step(_say(context, text), command),)


def _head(check: Check, context: Context) -> tuple[Block, ...]:
    """The head of the answer as it came; folded where all is well."""
    last = _telling(check.answer)[-1] if check.answer else Hop("")
    if not last.status:
        return ()
    label = _say(context, "label.head")
    text = "\n".join([last.line, *(f"{name}: {value}" for name, value in last.headers)])
    if check.code is ExitCode.GOOD:
        return (Fold(label, "", (Quote(text),)),)
    return (Quote(text, label),)


def _command(check: Check, context: Context) -> tuple[Block, ...]:
    if not check.answer:
        return ()
    kind = "curl" if _is_http(check) else "connect"
    redirected = any(len(hops) > 1 for hops in check.answer.tries)
    return (Shell(_say(context, f"command.{kind}"), by_hand(check.answer.ask, redirected=redirected)),)


def by_hand(ask: Ask, *, redirected: bool = False) -> str:
    """The command that makes the same request in a shell: curl, or for a connection alone nc or openssl."""
    host, port = ask.dns or ask.host, ask.port
    where = ask.connect_to or f"{host}:{port}"
    if ask.scheme == "tcp":
        return in_shell(("nc", "-vz", "-w", "10", *where.rsplit(":", 1)))
    if ask.scheme == "tls":
        return in_shell(("openssl", "s_client", "-brief", "-servername", ask.host, "-connect", where))
    other = ask.connect_to or (f"{host}:" if host != ask.host else "")
    return in_shell(
        (
            *("curl", "-k", "-sS", "-D", "-", "-o", "/dev/null", *(["-L"] if redirected else [])),
            *("--connect-timeout", "10", "--max-time", "20"),
            *(("--connect-to", f"::{other}") if other else ()),
            ask.url,
        )
    )
