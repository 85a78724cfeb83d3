"""What a pasted message of ECS says: the cause first, with meaning, fix and AWS's page; the rest briefly after it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from runbook_lib.diagnosis.messages import Said, names, parse
from runbook_lib.report import blocks as b
from runbook_lib.report.markup import code
from runbook_lib.report.render import Section
from runbook_lib.text import has, say

_WHOLE = 3  # causes that get a card; more are told in a line each
_LONGEST = 1_200  # characters of a message that are shown
_COMMAND = re.compile(r"^([^`]*(?:`[^`]*`[^`]*)*?): `((?:aws|docker|ecs-runbook) [^`]+)`\.? ?(.*)$", re.DOTALL)
_COMMANDS = re.compile(r"`(?:aws|docker|ecs-runbook) ")
_ACTION = re.compile(r"to perform:? \[?'?([\w-]{2,40}:[\w*]{1,60})")
_CODE = re.compile(r"`[^`]+`")
_PLACEHOLDER = re.compile(r"\b[A-Z][A-Z_]{2,}\b")
_TONES: dict[str, b.Tone] = {"cause": "bad", "symptom": "risk", "unknown": "unk", "healthy": "ok"}


def section(found: tuple[Said, ...], lang: str) -> Section:
    """The messages found in a text: what leads in full, the others in a table."""
    return Section("explained", _say("section.explained", lang), tuple(_blocks(found, lang)), lang)


def machine(found: tuple[Said, ...], lang: str) -> dict[str, Any]:
    """The same as plain JSON values, with words in one language."""
    return {"schema": 1, "messages": [_values(said, lang) for said in found]}


def title(label: str, lang: str) -> str:
    """The name of a cause."""
    return say(f"causes.{label}.title", lang)


def _entry(said: Said) -> str:
    """Where the words of a judgement stand: a failure without a reason is not the same as nothing recognised."""
    judged = said.judgement
    return "unrecognised" if judged.label == "unknown" and not judged.sign else judged.label


def steps(label: str, lang: str, known: Mapping[str, str] | None = None) -> tuple[b.Step, ...]:
    """What to do about a cause; a command stands alone, ready to copy, with the names that are ``known``."""
    return tuple(_step(text) for text in _fix(label, lang, known or {}))


def _fix(label: str, lang: str, known: Mapping[str, str]) -> Iterator[str]:
    number = 1
    while has(key := f"causes.{label}.fix.{number}"):
        yield _CODE.sub(lambda found: _filled(found[0], known), say(key, lang))
        number += 1


def _filled(marked: str, known: Mapping[str, str]) -> str:
    """A piece of code with known names in place of their placeholders."""
    return _PLACEHOLDER.sub(lambda found: known.get(found[0], found[0]), marked)


def _step(text: str) -> b.Step:
    found = _COMMAND.match(text)
    if not found or _COMMANDS.search(found[3]):  # one of two would be taken for the whole
        return b.Step(text)
    return b.Step(f"{found[1]}. {found[3]}" if found[3] else f"{found[1]}:", found[2])


def _blocks(found: tuple[Said, ...], lang: str) -> Iterator[b.Block]:
    whole = _leading(found)
    for said in whole:
        yield _card(said, lang)
    rest = [said for said in found if said not in whole]
    if rest:
        columns = tuple(_say(f"column.{name}", lang) for name in ("line", "said", "count", "message"))
        yield b.Table(_say("also_said", lang), columns, tuple(_row(said, lang) for said in rest))


def _leading(found: tuple[Said, ...]) -> tuple[Said, ...]:
    """The causes, but for the end of a container that another explains; without any what is told first."""
    causes = [said for said in found if said.judgement.cause.role == "cause"]
    causes = [said for said in causes if not said.consequence] or causes
    unlike = {said.judgement.label: said for said in reversed(causes)}
    return tuple(said for said in causes if said is unlike[said.judgement.label])[:_WHOLE] or found[:1]


def _row(said: Said, lang: str) -> tuple[b.Cell, ...]:
    role = said.judgement.cause.role
    kind = b.state(_TONES[role], title(_entry(said), lang))
    return (b.number(said.line), kind, b.number(said.count), b.Cell(_shown(said.text), "said"))


def _card(said: Said, lang: str) -> b.Card:
    label, role = _entry(said), said.judgement.cause.role
    rows = [
        b.Fact(_say("label.cause", lang), (_what(said, lang),)),
        b.Fact(_say("label.evidence", lang), (_told_by(said, lang),)),
        b.Fact(_say("label.means", lang), (_means(said, label, lang),)),
        b.Fact(_say("label.fix", lang), steps=steps(label, lang, names(said.text))),
        b.Fact(_say("label.page", lang), link=_page(label, lang)),
    ]
    quote = (b.Quote(_shown(said.text), _place(said, lang)),) if said.text else ()
    shown = tuple(row for row in rows if not row.empty)
    end = "" if label == "unrecognised" else _say(f"role.{role}", lang)
    return b.Card(title(label, lang), _tag(said, lang), (*quote, b.Facts(shown)), end)


def _means(said: Said, label: str, lang: str) -> str:
    """What it means; of a cause that the message does not name, what it would mean."""
    means = say(f"causes.{label}.means", lang)
    return means if said.judgement.sign or label == "unrecognised" else _say("if_so", lang, means=means)


def _tag(said: Said, lang: str) -> b.Tag:
    role, sure = said.judgement.cause.role, said.judgement.certain
    if role == "cause" and not said.judgement.sign:
        return b.Tag(_say("told.possible", lang), "unk", "dash")
    if role == "cause":
        return b.Tag(say(f"rules.confidence.{_confidence(said)}", lang), "bad", "solid" if sure else "")
    return b.Tag(_say(f"told.{role}", lang), _TONES[role], "dash" if role == "unknown" else "")


def _confidence(said: Said) -> str:
    """As a verdict's; ``""`` where the message names no reason, or no cause."""
    if said.judgement.cause.role != "cause" or not said.judgement.sign:
        return ""
    return "confirmed" if said.judgement.certain else "likely"


def _place(said: Said, lang: str) -> str:
    return _say("said_at", lang, line=said.line, count=said.count)


def _what(said: Said, lang: str) -> str:
    """The label, and the parts of the message that decide what to do."""
    parts = parse(said.text)
    facts = {
        "action": code(action[1]) if (action := _ACTION.search(said.text)) else "",
        "status": "" if parts.status is None else str(parts.status),
        "retries": "" if parts.retries is None else str(parts.retries),
        "exit_code": "" if parts.exit_code is None else str(parts.exit_code),
    }
    told = [_say(f"part.{name}", lang, value=value) for name, value in facts.items() if value]
    group = say(f"causes.group.{said.judgement.cause.group}", lang)
    return " · ".join((f"{code(said.judgement.label)} ({group})", *told))


def _told_by(said: Said, lang: str) -> str:
    """The words that decided; where the message names no reason, that this is a guess."""
    if said.judgement.cause.role == "unknown":
        return ""
    if said.judgement.certain:
        return code(said.judgement.sign)
    return _say("untold.cut" if parse(said.text).truncated else "untold.bare", lang)


def _page(label: str, lang: str) -> str:
    key = f"causes.{label}.page"
    return say(key, lang) if has(key) else ""


def _values(said: Said, lang: str) -> dict[str, Any]:
    judged, entry = said.judgement, _entry(said)
    return {
        "label": judged.label,
        "group": judged.cause.group,
        "role": judged.cause.role,
        "healthy": judged.healthy,
        "confidence": _confidence(said),
        "line": said.line,
        "count": said.count,
        "text": said.text,
        "title": title(entry, lang),
        "means": say(f"causes.{entry}.means", lang),
        "fix": list(_fix(entry, lang, names(said.text))),
        "page": _page(entry, lang),
    }


def _shown(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _say(key: str, lang: str, **facts: Any) -> str:
    return say(f"report.{key}", lang, **facts)
