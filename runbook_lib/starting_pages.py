"""What one starts from, as sections: composed for the notebook 00_start, headless or with somebody in front of it."""

from __future__ import annotations

from pathlib import Path

from runbook_lib import runs
from runbook_lib.archive.incidents import Filed, filed
from runbook_lib.archive.listing import row
from runbook_lib.evidence.model import Target
from runbook_lib.parameters import Parameters, resolve
from runbook_lib.parameters_file import Draft
from runbook_lib.report.context import Context
from runbook_lib.report.render import Section
from runbook_lib.report.sections import starting as of
from runbook_lib.report.sections.starting import NameList
from runbook_lib.services import Found, Listed
from runbook_lib.text import say, sentence


def context(given: Parameters, lang: str) -> Context:
    """How sections are rendered where nothing of the service was read."""
    return Context(lang, given.timezone, given.credentials == "lab", runs.command_options(given))


def about(found: Found, given: Parameters) -> Target:
    """The service that is meant, with the Region and the account that were met."""
    return Target(given.cluster, given.service, found.region or given.region, found.account)


def services_page(found: Found, given: Parameters, lang: str) -> Section:
    """The account's clusters and services, and whether what is given is among them."""
    absent = found.lacks(given.cluster, given.service)
    return of.services(lists(found, lang), about(found, given), absent, context(given, lang))


def lists(found: Found, lang: str) -> tuple[NameList, NameList]:
    """Clusters and services as they are shown."""
    return _list(found.clusters, lang), _list(found.services, lang)


def _list(one: Listed, lang: str) -> NameList:
    problem = sentence(one.problem.key, one.problem.facts, lang) if one.problem else ""
    names = one.names
    asked = bool(names or problem)
    return (
        NameList(names.names, names.partial, names.strange, asked=asked)
        if names
        else NameList((), False, 0, problem, asked)
    )


def incidents(given: Parameters) -> tuple[Filed, ...]:
    """The incidents of the service, newest first."""
    return filed(resolve(given.outputs), Target(given.cluster, given.service, given.region))


def past_page(known: tuple[Filed, ...], given: Parameters, lang: str) -> Section:
    """The newest of a service's incidents; of each one look is read."""
    shown = known[: of.MOST_ROWS]
    return of.past([row(one) for one in shown], len(known) - len(shown), context(given, lang))


def file_page(draft: Draft, outcome: str, given: Parameters, lang: str) -> Section:
    """The parameters file, and what became of it or would: a word of ``starting.save``."""
    line = say(f"starting.save.{outcome}", lang, file=Path(draft.name))
    return of.file(line, draft.name, (draft.before, draft.text), context(given, lang))
