"""The facts of a verdict as its words need them: formatted, joined, and the variant of the words that fits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from runbook_lib.diagnosis.grants import is_whole
from runbook_lib.diagnosis.messages import pull_failure
from runbook_lib.diagnosis.model import Outcome, Verdict
from runbook_lib.report.formats import minutes, number
from runbook_lib.report.markup import unticked
from runbook_lib.text import has, say

Facts = Mapping[str, Any]
NOTHING = "–"
_ENDS = ("exited", "oom")  # ends of a container of which the exit code tells as much as anything


def values(verdict: Verdict, lang: str) -> dict[str, str]:
    """Every fact as text by its name, and what the rule's words want besides. Lists stand between code marks."""
    facts = unmarked(dict(verdict.facts))
    shown = {name: _plain(name, fact, lang) for name, fact in facts.items()}
    derive = _DERIVED.get(verdict.rule)
    known = verdict.outcome is not Outcome.UNKNOWN or "operation" not in facts
    more = derive(facts, lang) if derive and known else {}
    own = {"what": _what(facts, lang), "exception": str(facts.get("exception", "")), "cause": _cause(verdict, lang)}
    return shown | own | more


def _cause(verdict: Verdict, lang: str) -> str:
    """The name of the cause that the label stands for."""
    key = f"causes.{verdict.label}.title"
    return say(key, lang) if has(key) else verdict.label


def variants(verdict: Verdict) -> tuple[str, ...]:
    """Which of several wordings of means and fix fit the facts, the best first."""
    choose = _VARIANT.get(verdict.rule)
    told = (str(verdict.facts.get(name, "")) for name in ("kind", "side"))
    return (choose(verdict) if choose else "", *told)


def line_variants(verdict: Verdict) -> tuple[str, ...]:
    """Which of several wordings of the one line fit the facts, the best first."""
    facts = verdict.facts
    found = {
        "health_check_path_mismatch": {
            Outcome.FAIL: "code" if facts.get("code") else "no-code",
            Outcome.PASS: "differ" if facts.get("differ") else "same",
        },
        "network_path_absent": {Outcome.PASS: "looked" if facts.get("subnets") else "started"},
        "deployments_overlapping": {Outcome.PASS: "some" if facts.get("count") else "none"},
        "application_exited": {Outcome.FAIL: _exit_variant(verdict) if _exit_variant(verdict) in _ENDS else "told"},
    }
    return (found.get(verdict.rule, {}).get(verdict.outcome, ""), *variants(verdict))


def _plain(name: str, fact: Any, lang: str) -> str:
    if isinstance(fact, list):
        return "`, `".join(item for item in fact if isinstance(item, str)) or NOTHING
    if fact is None or fact == "":
        return NOTHING
    if name.endswith("_s") and isinstance(fact, int | float):
        return minutes(fact, lang)
    return number(fact) if isinstance(fact, int | float) and not isinstance(fact, bool) else str(fact)


def unmarked(fact: Any) -> Any:
    """A fact whose texts hold no backticks: one would end the code mark that the value stands in."""
    if isinstance(fact, dict):
        return {name: unmarked(below) for name, below in fact.items()}
    if isinstance(fact, list):
        return [unmarked(item) for item in fact]
    return unticked(fact) if isinstance(fact, str) else fact


def _what(facts: Facts, lang: str) -> str:
    """The names of the readings that are wanting."""
    kinds = facts.get("kinds") or []
    return ", ".join(kind_name(kind, lang) for kind in kinds) or NOTHING


def kind_name(kind: str, lang: str) -> str:
    """A kind of reading in words."""
    key = f"report.kind.{kind}"
    return say(key, lang) if has(key) else f"`{kind}`"


def _needed(facts: Facts, lang: str) -> dict[str, str]:
    """What a command takes: one security group of several."""
    groups = [next(iter(facts.get(name) or []), "") for name in ("task_groups", "balancer_groups")]
    return {"task_group": groups[0], "balancer_group": groups[1]}


def _widened(facts: Facts, lang: str) -> dict[str, str]:
    """The matcher with the codes that it lacks, as ``HttpCode`` takes them: without spaces."""
    codes = (facts.get("matcher"), facts.get("code"))
    return {"widened": ",".join(str(each).replace(" ", "") for each in codes if each)}


def _overlapping(facts: Facts, lang: str) -> dict[str, str]:
    return {"oldest": minutes(facts.get("oldest_age_s", 0), lang)}


def _image(facts: Facts, lang: str) -> dict[str, str]:
    newest = facts.get("newest") or [{}]
    host = str(facts.get("image", "")).partition("/")[0]
    return {
        "ref": facts.get("tag") or facts.get("digest") or NOTHING,
        "short_images": "`, `".join(str(image).rpartition("/")[2] for image in facts.get("images", [])),
        "fixed_image": f"{host}/{facts.get('repository')}:{newest[0].get('tag', '')}",
        "family": _family(facts),
    }


def _paths(facts: Facts, lang: str) -> dict[str, str]:
    ports = (facts.get("container_port"), facts.get("target_port"))
    differ = None not in ports and ports[0] != ports[1]
    prefix = [f":{port}" if differ else "" for port in ports]
    return {
        "container_check": f"{prefix[0]}{facts.get('container_path', '')}",
        "target_check": f"{prefix[1]}{facts.get('target_path', '')}",
        "other_port": str(ports[0]) if differ else "",
        "expected": str(facts.get("matcher") or NOTHING),
        "family": _family(facts),
    }


def _besides(facts: Facts, lang: str) -> dict[str, str]:
    """What there is besides UNHEALTHY tasks: unhealthy targets, and tasks stopped for either side's check."""
    names = ("unhealthy_targets", "stopped_by_container", "stopped_by_target")
    counted = ((name, facts[name]) for name in names if facts.get(name))
    return {"besides": "".join(say(f"rules.tasks_unhealthy.besides.{n}", lang, count=number(c)) for n, c in counted)}


def _pull(facts: Facts, lang: str) -> dict[str, str]:
    key = f"rules.image_pull_failed.kind.{pull_kind(facts)}"
    return {"kind": say(key, lang)}


def pull_kind(facts: Facts) -> str:
    """The kind of a failed pull, out of ECS's own message."""
    return pull_failure(str(facts.get("message", ""))) or "unknown"


def _network(facts: Facts, lang: str) -> dict[str, str]:
    """What is lacking in words, all that is out of reach, and what a command needs of the first of several."""
    key = f"rules.network_path_absent.lacking.{_lacks(facts)}"
    if not has(key):
        return {}
    return {
        "lacking": say(key, lang),
        "all_unreachable": "`, `".join((facts["unreachable"], *facts["also"])),
        "place": next(iter(facts["where"]), ""),
        "task_group": next(iter(facts["groups"]), ""),
    }


def _lacks(facts: Facts) -> str:
    return "-".join(filter(None, (facts.get("lacks", ""), facts.get("endpoint", ""))))


def _exit(facts: Facts, lang: str) -> dict[str, str]:
    key = f"rules.application_exited.why.{facts.get('end')}"
    return {"why": say(key, lang, variable=facts.get("variable", "")) if has(key) else NOTHING}


def _platform(facts: Facts, lang: str) -> dict[str, str]:
    return {"short_image": str(facts.get("image", "")).rpartition("/")[2], "family": _family(facts)}


def _secret(facts: Facts, lang: str) -> dict[str, str]:
    """``stem`` is the last part of a parameter's name, by which one of a similar name may be found.

    ``secret_name`` is what a secret is created by: its ARN has six characters more at the end.
    """
    named = str(facts.get("secret", ""))
    name = ":".join(named.split(":")[6:]) if named.startswith("arn:") else named
    given = name[:-7] if is_whole(named) else name
    return {"stem": named.rpartition("/")[2], "secret_name": given, "family": _family(facts)}


def _family(facts: Facts) -> str:
    return str(facts.get("revision", "")).partition(":")[0]


_DERIVED: dict[str, Callable[[Facts, str], dict[str, str]]] = {
    "deployments_overlapping": _overlapping,
    "image_tag_absent": _image,
    "image_platform_mismatch": _platform,
    "secret_absent": _secret,
    "application_exited": _exit,
    "health_check_path_mismatch": _paths,
    "image_pull_failed": _pull,
    "tasks_unhealthy": _besides,
    "network_path_absent": _network,
    "health_check_timeout": _needed,
    "health_check_code": _widened,
}


def _image_variant(verdict: Verdict) -> str:
    if verdict.facts.get("no_repository"):
        return "no-repository"
    return "tags" if verdict.facts.get("newest") else "no-tags"


def _paths_variant(verdict: Verdict) -> str:
    side = str(verdict.facts.get("side", ""))
    return f"{side}-likely" if side == "container" and verdict.confidence == "likely" else side


def _exit_variant(verdict: Verdict) -> str:
    return str(verdict.facts.get("end") or ("oom" if verdict.facts.get("out_of_memory") else "exited"))


def _secret_variant(verdict: Verdict) -> str:
    wrong = str(verdict.facts.get("wrong", ""))
    return str(verdict.facts.get("kind", "")) if wrong == "absent" else wrong


def _overlap_variant(verdict: Verdict) -> str:
    if verdict.facts.get("keep"):
        return "keep"
    return "back" if verdict.facts.get("last_completed") else "replace"


def _denied_variant(verdict: Verdict) -> str:
    """Of another account's repository the catalogue tells: there the role is not at fault."""
    if not verdict.facts.get("role"):
        return "nobody"
    if verdict.facts.get("shared") is False:
        return ""
    return "next" if verdict.facts.get("next") else "now"


def _unanswered_variant(verdict: Verdict) -> str:
    return "code" if verdict.facts.get("code") else str(verdict.facts.get("side", ""))


_VARIANT: dict[str, Callable[[Verdict], str]] = {
    "image_tag_absent": _image_variant,
    "execution_role_denied": _denied_variant,
    "execution_role_unassumable": lambda verdict: str(verdict.facts.get("standing", "")),
    "secret_absent": _secret_variant,
    "log_group_absent": lambda verdict: "option" if verdict.facts.get("missing") else "group",
    "application_exited": _exit_variant,
    "health_check_path_mismatch": _paths_variant,
    "deployments_overlapping": _overlap_variant,
    "secret_env_duplicate": lambda verdict: "named" if verdict.facts.get("names") else "unnamed",
    "image_pull_failed": lambda verdict: pull_kind(verdict.facts),
    "health_check_unanswered": _unanswered_variant,
    "network_path_absent": lambda verdict: _lacks(verdict.facts),
    "start_too_slow": lambda verdict: "seen" if verdict.facts.get("ready_after_s") is not None else "unseen",
}
