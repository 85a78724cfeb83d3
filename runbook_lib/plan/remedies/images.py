"""Remedies of images: a tag or digest that is there, and the platform that an image was built for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from runbook_lib.diagnosis import revisions
from runbook_lib.diagnosis.model import Verdict
from runbook_lib.evidence.first_look import ecr_image
from runbook_lib.plan.edits import Edit
from runbook_lib.plan.model import Choice, Option
from runbook_lib.plan.remedy import BY_HAND, NOTHING, Remedy
from runbook_lib.plan.situation import Situation

IMAGE, ARCHITECTURE = "image", "architecture"
_ARM = "linux/arm64"


def tag_absent(verdict: Verdict, situation: Situation) -> Remedy:
    """Pin a tag that ECR has, or the digest that last ran; which one, a person says."""
    image, found = str(verdict.facts.get("image", "")), situation.container(str(verdict.facts.get("container", "")))
    if found and situation.wishes.file and found[1].get("image") != image:
        return NOTHING  # the file has been corrected already
    options = tuple(_options(verdict, situation))
    if not options or found is None or verdict.facts.get("also"):
        return BY_HAND
    choice = situation.answered(Choice(IMAGE, verdict.rule, options, suggested=options[0].value, free=True))
    if not choice.answer:
        return Remedy(choices=(choice,))
    edit = Edit("set", f"/containerDefinitions/{found[0]}/image", _reference(image, choice.answer))
    return Remedy((edit,), choices=(choice,))


def _options(verdict: Verdict, situation: Situation) -> Iterator[Option]:
    """The tags that were pushed last, newest first, then what the last completed revision ran."""
    for tag in verdict.facts.get("newest") or []:
        yield Option(tag["tag"], {"digest": tag.get("digest", ""), "pushed_at": tag.get("pushed_at", "")})
    good = _last_good(verdict, situation)
    if good:
        yield Option(good, {"revision": situation.completed.rpartition("/")[2]})


def _last_good(verdict: Verdict, situation: Situation) -> str:
    """The tag or digest of the same repository that the last completed revision ran."""
    definition = revisions.definitions(situation.evidence).get(situation.completed, {})
    for container in definition.get("containerDefinitions") or []:
        if container.get("name") == verdict.facts.get("container"):
            found, asked = ecr_image(str(container.get("image"))), ecr_image(str(verdict.facts.get("image")))
            same = found and asked and (found.registry, found.repository) == (asked.registry, asked.repository)
            listed = [tag["tag"] for tag in verdict.facts.get("newest") or []]
            return found.asked if found and same and found.asked not in (asked.asked if asked else "", *listed) else ""
    return ""


def _reference(image: str, answer: str) -> str:
    """The image with another tag or digest in its place."""
    repository = image.partition("@")[0]
    head, slash, tail = repository.rpartition("/")
    name = f"{head}{slash}{tail.partition(':')[0]}"
    return f"{name}@{answer}" if answer.startswith("sha256:") else f"{name}:{answer}"


def platform(verdict: Verdict, situation: Situation) -> Remedy:
    """Run on ARM what was built for ARM alone, where a person says so; else it has to be built anew."""
    if list(verdict.facts.get("platforms") or []) != [_ARM] or not situation.document:
        return BY_HAND
    options = (Option("ARM64", {"why": "image"}), Option("rebuild"))
    choice = situation.answered(Choice(ARCHITECTURE, verdict.rule, options, suggested="ARM64"))
    if choice.answer != "ARM64":
        return Remedy(choices=(choice,), by_hand=choice.answer == "rebuild")
    given: dict[str, Any] = dict(situation.document.get("runtimePlatform") or {"operatingSystemFamily": "LINUX"})
    return Remedy((Edit("set", "/runtimePlatform", {**given, "cpuArchitecture": "ARM64"}),), choices=(choice,))


def chosen(verdict: Verdict, answer: str) -> str:
    """The whole reference of an image by the answer to its choice."""
    return _reference(str(verdict.facts.get("image", "")), answer)
