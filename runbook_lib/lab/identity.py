"""Who a client is to AWS: a key that no role and no user of IAM has belongs to the IAM user ``lab``."""

import re

from runbook_lib.lab.reply import Reply

# moto's caller for such a key has an ARN of a form that AWS does not have, and an access key for an id.
_NOBODY = re.compile(rb"(arn:[a-z-]+):sts::(\d{12}):user/moto\b")
_SESSION = re.compile(r"(arn:[a-z-]+):sts::(\d{12}):assumed-role/([^/]+)/.*")
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


def principal_of(caller: str) -> str:
    """Return a caller as IAM's policies belong to it: the role behind a session (its path is not known), or itself."""
    session = _SESSION.fullmatch(caller)
    return f"{session[1]}:iam::{session[2]}:role/{session[3]}" if session else caller


def is_own(principal: str, caller: str) -> bool:
    """Whether an ARN of a user or role (with its path) is the caller's own principal."""
    own = principal_of(caller)
    if ":role/" not in own:
        return principal == own
    account, _, name = own.partition(":role/")
    return principal.startswith(f"{account}:role/") and principal.rpartition("/")[2] == name
