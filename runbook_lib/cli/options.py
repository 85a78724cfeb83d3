"""What all commands share: the application, its language, its options, and the parameters that they make."""

import sys
from collections.abc import Callable, Iterator
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from runbook_lib.errors import InputError, nearest
from runbook_lib.text import explained, language, say

if TYPE_CHECKING:
    from runbook_lib.parameters import Layer


def _asked_language(argv: list[str]) -> str | None:
    """``--lang`` before parsing: help and usage errors are in that language too."""
    for at, word in enumerate(argv):
        if word.startswith("--lang"):
            return word.partition("=")[2] or next(iter(argv[at + 1 :]), None)
    return None


ASKED_LANG = _asked_language(sys.argv[1:])
LANG = language(ASKED_LANG)


def help_of(key: str) -> str:
    """The help text of a command or an option."""
    return say(f"cli.{key}", LANG)


def _translated(page: str) -> str:
    """A help page whose fixed words, which typer has in English only, are in the user's language."""
    for english, key in _HELP_WORDS.items():
        page = page.replace(english, say(f"cli.help.{key}", LANG))
    return page


_HELP_WORDS = {
    "Usage: ": "usage",
    "\nOptions:\n": "options",
    "\nCommands:\n": "commands",
    "\nArguments:\n": "arguments",
    "Show this message and exit.": "help",
}


class Group(TyperGroup):
    """A group of commands whose help is in the user's language."""

    def get_help(self, ctx: typer.Context) -> str:
        return _translated(super().get_help(ctx))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """As typer's; a command that there is not is named with the nearest."""
        if self.get_command(ctx, args[0]) is None:
            known = self.list_commands(ctx)
            near = nearest(args[0], known) or ", ".join(known)
            raise InputError("command-unknown", name=args[0], nearest=near, command=ctx.command_path)
        return super().resolve_command(ctx, args)


class Command(TyperCommand):
    """A command whose help is in the user's language."""

    def get_help(self, ctx: typer.Context) -> str:
        return _translated(super().get_help(ctx))


app = typer.Typer(
    cls=Group,
    name="ecs-runbook",
    help=help_of("app"),
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def group(name: str) -> typer.Typer:
    """A new group of commands below the application."""
    made = typer.Typer(cls=Group, help=help_of(name), no_args_is_help=True, rich_markup_mode=None)
    app.add_typer(made, name=name)
    return made


Lang = Annotated[str, typer.Option("--lang", help=help_of("option.lang"))]
Json = Annotated[bool, typer.Option("--json", help=help_of("option.json"))]
ExitVerdict = Annotated[bool, typer.Option("--exit-verdict", help=help_of("option.exit_verdict"))]

# The options that every command which looks at a service takes; each is a parameter of the same name.
_OPTIONS: dict[str, tuple[Any, Any]] = {
    "params": (Annotated[Path | None, typer.Option("--params", help=help_of("option.params"))], None),
    "override": (Annotated[list[str] | None, typer.Option("-p", "--parameter", help=help_of("option.override"))], None),
    "cluster": (Annotated[str, typer.Option("--cluster", help=help_of("option.cluster"))], ""),
    "service": (Annotated[str, typer.Option("--service", help=help_of("option.service"))], ""),
    "lang": (Lang, ""),
    "endpoint_url": (Annotated[str, typer.Option("--endpoint-url", help=help_of("option.endpoint_url"))], ""),
    "profile": (Annotated[str, typer.Option("--profile", help=help_of("option.profile"))], ""),
    "region": (Annotated[str, typer.Option("--region", help=help_of("option.region"))], ""),
    "deadline": (Annotated[str, typer.Option("--deadline", help=help_of("option.deadline"))], ""),
    "evidence": (Annotated[Path | None, typer.Option("--evidence", help=help_of("option.evidence"))], None),
}


@app.callback()
def _root(lang: Lang = "") -> None:
    """``--lang`` may also stand before the command."""


Options = dict[str, tuple[Any, Any]]  # name: what it takes, and its default


def optioned(
    under: typer.Typer, name: str, options: Options, kind: type[Command] = Command
) -> Callable[[Callable[[dict[str, Any]], None]], Callable[[dict[str, Any]], None]]:
    """Registers ``function(given)`` as a command with these options, which it gets as one mapping."""

    def register(function: Callable[[dict[str, Any]], None]) -> Callable[[dict[str, Any]], None]:
        def run(**given: Any) -> None:
            function(given)

        keyword = Parameter.KEYWORD_ONLY
        listed = [Parameter(n, keyword, default=default, annotation=takes) for n, (takes, default) in options.items()]
        vars(run)["__signature__"] = Signature(listed)
        run.__annotations__ = {n: takes for n, (takes, _) in options.items()}
        under.command(name, cls=kind, help=help_of(function.__name__))(run)
        return function

    return register


def looking(
    under: typer.Typer, name: str, more: Options | None = None
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Registers ``function(given, ...)`` as a command with the shared options, which it gets as one ``Parameters``.

    ``more`` are options of this command that are parameters too. A function that takes ``again`` gets the words that
    repeat the shared options, for commands that it prints.
    """
    listed = _OPTIONS | (more or {})

    def register(function: Callable[..., None]) -> Callable[..., None]:
        taken = signature(function).parameters
        own = {p.name: (p.annotation, p.default) for p in taken.values() if p.name not in ("given", "again")}

        def run(**options: Any) -> None:
            from runbook_lib import parameters

            values = {name: options.pop(name) for name in listed}
            layers = _layers(listed, **values)
            shared = {name: values[name] for name in _OPTIONS}
            told = {"again": tuple(_again(**shared))} if "again" in taken else {}
            with explained(language(parameters.raw(layers, "lang"), LANG)):
                function(parameters.layered(layers), **told, **options)

        # Arguments without a default (the notebook) come first.
        ordered = sorted((own | listed).items(), key=lambda item: item[1][1] is not Parameter.empty)
        keyword = Parameter.KEYWORD_ONLY
        shown = [Parameter(name, keyword, default=default, annotation=kind) for name, (kind, default) in ordered]
        vars(run)["__signature__"] = Signature(shown)
        run.__annotations__ = {name: kind for name, (kind, _) in ordered}
        under.command(name, cls=Command, help=help_of(function.__name__))(run)
        return function

    return register


def _layers(known: Options, *, params: Path | None, override: list[str] | None, **options: Any) -> "list[Layer]":
    """What was given, by rising precedence: environment, file, options, ``-p``."""
    from runbook_lib import parameters

    return [
        parameters.from_environment(),
        parameters.from_file(params) if params else {},
        {name: (_text(value), _flag(known[name][0])) for name, value in options.items() if value},
        {name: (value, "-p") for name, value in map(parameters.override, override or [])},
    ]


def _flag(takes: Any) -> str:
    """The option as it is typed: ``--endpoint-url``. Typer keeps the first of its names as the default."""
    told = takes.__metadata__[0]
    return next(str(flag) for flag in (told.default, *told.param_decls) if str(flag).startswith("--"))


def _text(value: Any) -> str:
    return ",".join(value) if isinstance(value, list) else str(value)


def _again(*, params: Path | None, override: list[str] | None, **options: Any) -> Iterator[str]:
    """The shared options as they were given."""
    if params:
        yield from ("--params", str(params))
    for name, value in options.items():
        if value:
            yield from (f"--{name.replace('_', '-')}", str(value))
    for text in override or []:
        yield from ("-p", text)
