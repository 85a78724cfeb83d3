"""The commands for a lab that runs: advance, fault, calls."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from runbook_lib.cli.lab import lab_app, rate
from runbook_lib.cli.options import LANG, Command, Json, Lang, Options, help_of, optioned
from runbook_lib.cli.shell import show
from runbook_lib.errors import InputError, nearest
from runbook_lib.text import say
from runbook_lib.text.visible import one_line, visible_json

_LENGTH = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?", re.ASCII)
_UNITS = (86400, 3600, 60, 1)
_NEGATIVE = re.compile(r"-\.?\d")
_MOST_CALLS = 1_000_000
_LONGEST_TEXT = 40

_SHARED: Options = {
    "params": (Annotated[Path | None, typer.Option("--params", help=help_of("option.params"))], None),
    "endpoint_url": (Annotated[str, typer.Option("--endpoint-url", help=help_of("option.lab_endpoint_url"))], ""),
    "as_json": (Json, False),
    "lang": (Lang, ""),
}


class _Advance(Command):
    """A negative length of time is a value to be refused, not an option."""

    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        words = args[1:] if args[:1] == ["--"] else args
        if words and _NEGATIVE.match(words[0]):
            args = [*words[1:], "--", words[0]]
        return super().parse_args(ctx, args)


_CLOCK: Options = {
    "duration": (Annotated[str, typer.Argument(metavar="[DURATION]", help=help_of("option.duration"))], ""),
    "speed": (Annotated[float | None, typer.Option("--speed", help=help_of("option.speed"))], None),
    "freeze": (Annotated[bool, typer.Option("--freeze", help=help_of("option.freeze"))], False),
}


@optioned(lab_app, "advance", _CLOCK | _SHARED, _Advance)
def lab_advance(given: dict[str, Any]) -> None:
    """Moves the clock of the lab, or reads it."""
    body: dict[str, float] = {}
    if given["duration"]:
        body["advance"] = _seconds(given["duration"])
    if given["freeze"] or given["speed"] is not None:
        body["rate"] = _rate(given["speed"], given["freeze"])
    clock = _asked(given, "clock", body or None)
    if given["as_json"]:
        show(visible_json(clock))
        return
    from runbook_lib.report.formats import stamp

    key = "runs" if clock["rate"] else "frozen"
    at = stamp(_iso(clock["now"]), _timezone(given["params"]))
    show(say(f"cli.clock.{key}", LANG, at=at, rate=f"{clock['rate']:g}"))


def _seconds(text: str) -> float:
    """``90``, ``90s``, ``10m``, ``1h30m`` or ``1d`` in seconds."""
    from runbook_lib.lab.clock import LONGEST_STEP

    if _NEGATIVE.match(text.strip()):
        raise InputError("duration-negative", text=text, days=LONGEST_STEP // 86400)
    found = _LENGTH.fullmatch(text.strip()) if len(text) <= _LONGEST_TEXT else None
    parts = [int(part or 0) for part in found.groups()] if found else []
    seconds = sum(count * unit for count, unit in zip(parts, _UNITS, strict=False))
    if not found or not text.strip() or seconds > LONGEST_STEP:
        raise InputError("duration-unusable", text=text, days=LONGEST_STEP // 86400)
    return seconds


def _rate(speed: float | None, freeze: bool) -> float:
    if freeze and speed is not None:
        raise InputError("speed-and-freeze")
    return rate(speed or 0)


def _count(key: str, most: int = _MOST_CALLS, low: int = 1) -> Any:
    return typer.Option(f"--{key}", min=low, max=most, help=help_of(f"option.{key}"))


_FAULT: Options = {
    "preset": (Annotated[str, typer.Argument(metavar="[FAULT]", help=help_of("option.fault"))], ""),
    "service": (Annotated[str, typer.Option("--service", help=help_of("option.fault_service"))], ""),
    "action": (Annotated[str, typer.Option("--action", help=help_of("option.fault_action"))], ""),
    "changes": (Annotated[bool, typer.Option("--changes", help=help_of("option.fault_changes"))], False),
    "times": (Annotated[int | None, _count("times")], None),
    "nth": (Annotated[list[int] | None, _count("nth")], None),
    "every": (Annotated[int | None, _count("every")], None),
    "probability": (Annotated[float | None, _count("probability", most=1, low=0)], None),
    "seed": (Annotated[int | None, _count("seed", most=2**63, low=0)], None),
    "delay": (
        Annotated[float | None, typer.Option("--seconds", min=0, max=3600, help=help_of("option.seconds"))],
        None,
    ),
    "listing": (Annotated[bool, typer.Option("--list", help=help_of("option.list"))], False),
    "remove": (Annotated[list[int] | None, typer.Option("--remove", help=help_of("option.remove"))], None),
    "clear": (Annotated[bool, typer.Option("--clear", help=help_of("option.clear"))], False),
}
_RULE = ("service", "action", "times", "nth", "every", "probability", "seed", "delay")


@optioned(lab_app, "fault", _FAULT | _SHARED)
def lab_fault(given: dict[str, Any]) -> None:
    """Adds a fault rule, lists rules or takes them away."""
    found = _asked(given, "faults", _change(given))
    show(visible_json(found) if given["as_json"] else _rules(found))


def _change(given: dict[str, Any]) -> dict[str, Any] | None:
    """The body to send; None to read, an empty one to take all rules away."""
    from runbook_lib.lab.presets import PRESETS

    if sum(bool(given[name]) for name in ("preset", "remove", "clear", "listing")) > 1:
        raise InputError("fault-one-thing")
    wanted = {name: given[name] for name in _RULE if given[name] not in (None, "", [])}
    if given["changes"]:
        wanted["changes"] = True
    if not given["preset"]:
        if wanted:
            raise InputError("fault-unnamed", known=", ".join(PRESETS))
        return {"remove": given["remove"]} if given["remove"] else {} if given["clear"] else None
    if given["preset"] not in PRESETS:
        near = nearest(given["preset"], list(PRESETS))
        if near:
            raise InputError("fault-unknown", name=given["preset"], nearest=near)
        raise InputError("fault-unknown-among", name=given["preset"], known=", ".join(PRESETS))
    return {"add": [{"preset": given["preset"], **wanted}]}


def _rules(found: dict[str, Any]) -> str:
    lines = [_rule(rule) for rule in found["rules"]] or [say("cli.fault.none", LANG)]
    return "\n".join([*lines, say("cli.fault.known", LANG, known=", ".join(found["presets"]))])


def _rule(rule: dict[str, Any]) -> str:
    name = rule.get("preset") or rule.get("error") or "-"
    told = " ".join(f"{key}={value}" for key, value in rule.items() if key not in ("id", "preset", "taken"))
    return one_line(say("cli.fault.rule", LANG, id=rule["id"], name=name, told=told or "-", taken=rule["taken"]))


_CALLS: Options = {
    "last": (Annotated[int, typer.Option("--last", min=1, max=10_000, help=help_of("option.last"))], 20),
    "clear": (Annotated[bool, typer.Option("--clear", help=help_of("option.clear_calls"))], False),
}


@optioned(lab_app, "calls", _CALLS | _SHARED)
def lab_calls(given: dict[str, Any]) -> None:
    """Shows the newest calls that the lab got; with ``--clear`` it then forgets all."""
    endpoint, body = ("calls", {}) if given["clear"] else (f"calls?last={given['last']}", None)
    calls = _asked(given, endpoint, body)["calls"][-given["last"] :]
    if given["as_json"]:
        show(visible_json(calls))
        return
    timezone = _timezone(given["params"])
    show("\n".join(_call(call, timezone) for call in calls) or say("cli.calls.none", LANG))


def _call(call: dict[str, Any], timezone: str) -> str:
    from runbook_lib.report.formats import clock

    fault = f"fault={call['fault']}" if call["fault"] else ""
    words = [clock(_iso(call["at"]), timezone), f"{call['status']:3}", f"{call['service']}:{call['action']}"]
    return one_line("  ".join([*words, call["error"] or "", fault]).rstrip())


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def _asked(given: dict[str, Any], endpoint: str, body: Any) -> dict[str, Any]:
    from runbook_lib.cli import running_lab

    return running_lab.ask(running_lab.address(given["params"], given["endpoint_url"]), endpoint, body)


def _timezone(params: Path | None) -> str:
    from runbook_lib import parameters

    file = parameters.from_file(params) if params else {}
    return parameters.layered([parameters.from_environment(), file]).timezone
