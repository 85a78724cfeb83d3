"""What ECR does and moto does not: digests of images pushed or absent, times of pushes, other accounts' registries."""

import hashlib
import io
import json
from collections.abc import Mapping
from typing import Any

from runbook_lib.lab.call import Call
from runbook_lib.lab.registry import Reference
from runbook_lib.lab.reply import Reply


def give_digest(environ: dict[str, Any]) -> None:
    """Add the digest to a PutImage request, where it is absent: a registry hashes the manifest, moto makes one up."""
    body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    try:
        document = json.loads(body)
        document.setdefault("imageDigest", "sha256:" + hashlib.sha256(document["imageManifest"].encode()).hexdigest())
        body = json.dumps(document).encode()
    except (ValueError, LookupError, AttributeError, RecursionError):  # moto says what is wrong with it
        pass
    environ["wsgi.input"], environ["CONTENT_LENGTH"] = io.BytesIO(body), str(len(body))


def in_other_account(asked: Call) -> Reference | None:
    """Return the repository of another account that a call to ECR is about, or None."""
    if asked.service != "ecr":
        return None
    try:
        document = json.loads(asked.body)
        account, repository = document["registryId"], document["repositoryName"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    if not isinstance(account, str) or not isinstance(repository, str) or account == asked.account:
        return None
    return Reference("", account, asked.region, repository, None, None)


def date(done: Reply, pushed: Mapping[str, float]) -> None:
    """Put the times of pushes (seconds since the epoch, by digest) into an answer of DescribeImages."""
    document = json.loads(done.body)
    for image in document.get("imageDetails", []):
        image["imagePushedAt"] = pushed.get(image["imageDigest"], image.get("imagePushedAt"))
    done.body = json.dumps(document).encode()


def name_absent(asked: Call, done: Reply) -> None:
    """Name the digests that are not there in the failures of BatchGetImage: moto names a tag ``null`` instead."""
    document = json.loads(done.body)
    found = {image["imageId"].get("imageDigest") for image in document.get("images", [])}
    wanted = [each for each in json.loads(asked.body)["imageIds"] if "imageTag" not in each]
    absent = iter([each for each in wanted if each.get("imageDigest") not in found])
    for failure in document.get("failures", []):
        if failure["imageId"].get("imageTag") == "null":
            failure["imageId"] = next(absent, failure["imageId"])
    done.body = json.dumps(document).encode()
