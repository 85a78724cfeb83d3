"""Who a client is to AWS: a key that no role and no user of IAM has belongs to the IAM user ``lab``."""

import re

from runbook_lib.lab.reply import Reply

# moto's caller for such a key has an ARN of a form that AWS does not have, and an access key for an id.
_NOBODY = re.compile(rb"(arn:[a-z-]+):sts::(\d{12}):user/moto\b")
_USER_ID = (b"AKIAIOSFODNN7EXAMPLE", b"AIDACKCEVSQ6C2EXAMPLE")  # the second is the user id of IAM's own examples


def correct(done: Reply) -> None:
    """Name the IAM user ``lab`` in an answer of sts GetCallerIdentity where moto names its own."""
    if _NOBODY.search(done.body):
        done.body = _NOBODY.sub(rb"\1:iam::\2:user/lab", done.body).replace(*_USER_ID)


def arn_in(done: Reply) -> str:
    """Return the caller's ARN in an answer of sts GetCallerIdentity (XML); empty where there is none."""
    correct(done)
    found = re.search(r"<Arn>([^<]+)</Arn>", done.body.decode())
    return found.group(1) if found else ""
