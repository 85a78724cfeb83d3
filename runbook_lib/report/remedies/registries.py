"""A registry that refuses a pull: another account's ECR, one's own, or one that is no ECR."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

from runbook_lib.diagnosis import deployments
from runbook_lib.evidence.first_look import EcrImage, ecr_image
from runbook_lib.evidence.model import Evidence, request
from runbook_lib.report.remedies.model import Todo, document, partition

_PULL = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")


def named(evidence: Evidence, message: str) -> list[str]:
    """The images of the newest task definition that a message names, else all of them."""
    containers: list[dict[str, Any]] = deployments.newest_definition(evidence).get("containerDefinitions") or []
    images = list(dict.fromkeys(str(c["image"]) for c in containers if c.get("image")))
    said = [image for image in images if _bare(image) in message]
    return said or images


def _bare(image: str) -> str:
    """An image without tag and digest."""
    path, _, last = image.partition("@")[0].rpartition("/")
    return f"{path}/{last.partition(':')[0]}" if path else last.partition(":")[0]


def is_foreign(evidence: Evidence, image: str) -> bool:
    """Whether the image is in the ECR of another account than the service's."""
    found = ecr_image(image)
    return bool(found and evidence.target.account and found.registry != evidence.target.account)


def _foreign(evidence: Evidence, message: str = "") -> Iterator[tuple[str, EcrImage]]:
    for image in named(evidence, message):
        found = ecr_image(image)
        if found and is_foreign(evidence, image):
            yield image, found


def sharing(evidence: Evidence, message: str = "") -> Iterator[Todo]:
    """What the owner of each repository has to allow this account."""
    account = evidence.target.account
    for image in {found.repository: found for _, found in _foreign(evidence, message)}.values():
        present = _policy(evidence, image)
        who = {"AWS": f"arn:{partition(evidence)}:iam::{account}:root"}
        ours = {"Sid": f"PullFrom{account}", "Effect": "Allow", "Principal": who, "Action": list(_PULL)}
        yield Todo(
            f"remedies.registry.{'share-kept' if present else 'share'}",
            ("ecr", "set-repository-policy", *_place(image), "--policy-text", document(*present, ours)),
            {"registry": image.registry, "account": account, "repository": image.repository},
            ours=False,
        )


def _policy(evidence: Evidence, image: EcrImage) -> list[dict[str, Any]]:
    """The statements that the repository has now, where they were read and none denies."""
    asked = request("repository_policy", registry=image.registry, region=image.region, repository=image.repository)
    read = next((r.data for r in evidence.all("repository_policy") if r.request == asked), None)
    given = read.get("Statement") if isinstance(read, dict) else None
    kept = [each for each in (given if isinstance(given, list) else [given]) if isinstance(each, dict)]
    return kept if all(each.get("Effect") == "Allow" for each in kept) else []


def copying(evidence: Evidence, message: str = "") -> Iterator[Todo]:
    """The other way: a copy in a repository of one's own."""
    region = evidence.target.region
    for image, found in _foreign(evidence, message):
        theirs = image.partition("/")[0]
        host = theirs.replace(found.registry, evidence.target.account).replace(found.region, region)
        copy = f"{host}/{found.repository}:{_tag(image)}"
        facts = {"registry": found.registry, "image": image, "copy": copy, "container": _container(evidence, image)}
        create = ("ecr", "create-repository", "--repository-name", found.repository, "--region", region)
        yield Todo("remedies.registry.create", create, facts)
        yield _login("theirs", theirs, found.region, facts, ours=False)
        yield _login("ours", host, region, facts, ours=True)
        pull, tag, push = (shlex.join(words) for words in _moves(image, copy))
        yield Todo("remedies.registry.copy", tuple(shlex.split(pull)), facts, after=f" && {tag} && {push}")
        yield Todo("remedies.registry.point", (), facts)
        yield Todo("rules.register")
        yield Todo("rules.deploy")


def _moves(image: str, copy: str) -> tuple[tuple[str, ...], ...]:
    return ("docker", "pull", image), ("docker", "tag", image, copy), ("docker", "push", copy)


def _login(whose: str, host: str, region: str, facts: dict[str, str], *, ours: bool) -> Todo:
    to = f" | docker login --username AWS --password-stdin {shlex.quote(host)}"
    argv = ("ecr", "get-login-password", "--region", region)
    return Todo(f"remedies.registry.login-{whose}", argv, facts, after=to, ours=ours)


def _tag(image: str) -> str:
    """The tag, else the first part of the digest."""
    plain, _, digest = image.partition("@")
    return plain.rpartition("/")[2].partition(":")[2] or digest.removeprefix("sha256:")[:12] or "latest"


def _container(evidence: Evidence, image: str) -> str:
    containers: list[dict[str, Any]] = deployments.newest_definition(evidence).get("containerDefinitions") or []
    return next((str(c.get("name", "")) for c in containers if c.get("image") == image), "")


def _place(image: EcrImage) -> tuple[str, ...]:
    return ("--registry-id", image.registry, "--repository-name", image.repository, "--region", image.region)


def own(evidence: Evidence, message: str) -> Iterator[Todo]:
    """Where the role may pull and yet is refused: the repository's own policy."""
    for image in filter(None, map(ecr_image, named(evidence, message))):
        if image.registry == evidence.target.account:
            yield Todo(
                "remedies.registry.own",
                ("ecr", "get-repository-policy", *_place(image), "--query", "policyText", "--output", "text"),
                {"repository": image.repository},
            )
