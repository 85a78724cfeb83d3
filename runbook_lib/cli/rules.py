"""The catalogue of rules."""

from typing import TYPE_CHECKING, Annotated

import typer

from runbook_lib.cli.options import LANG, Command, Json, Lang, app, help_of
from runbook_lib.cli.shell import show
from runbook_lib.errors import InputError, nearest
from runbook_lib.text.visible import visible_json

if TYPE_CHECKING:
    from runbook_lib.diagnosis.model import Rule


@app.command("rules", cls=Command, help=help_of("rules"))
def rules(
    rule: Annotated[str, typer.Argument(metavar="[RULE]", help=help_of("option.rule"))] = "",
    as_json: Json = False,
    lang: Lang = "",
) -> None:
    """Lists the rules, or shows one in full."""
    from runbook_lib.report.catalogue import listed, machine, shown

    found = _found(rule)
    alone = bool(rule) and len(found) == 1
    if as_json and alone:
        show(visible_json({"schema": 1, **machine(found[0], LANG, whole=True)}))
    elif as_json:
        show(visible_json({"schema": 1, "rules": [machine(each, LANG) for each in found]}))
    else:
        show(shown(found[0], LANG) if alone else listed(found, LANG))


def _found(name: str) -> "tuple[Rule, ...]":
    """The rule of this id, else those that give this label, in the order in which they lead; all where none is named.

    Raises
    ------
    InputError
        There is neither a rule nor a label of that name.
    """
    from runbook_lib.diagnosis.rules import RULES

    ranked = tuple(sorted(RULES, key=lambda rule: rule.severity))
    if not name:
        return ranked
    named = tuple(rule for rule in ranked if rule.id == name.replace("-", "_"))
    found = named or tuple(rule for rule in ranked if name in rule.labels)
    if not found:
        known = [rule.id for rule in ranked]
        if near := nearest(name.replace("-", "_"), known):
            raise InputError("rule-unknown", name=name, nearest=near)
        raise InputError("rule-unknown-among", name=name, known=", ".join(known))
    return found
