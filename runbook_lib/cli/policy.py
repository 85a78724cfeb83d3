"""The least-privilege IAM policies that this product needs."""

from typing import TYPE_CHECKING

from runbook_lib.cli.options import group, looking
from runbook_lib.cli.shell import show
from runbook_lib.text.visible import visible_json

if TYPE_CHECKING:
    from runbook_lib.parameters import Parameters

policy_app = group("policy")


@looking(policy_app, "read")
def policy_read(given: "Parameters") -> None:
    """Prints the policy for reading, ready for ``aws iam create-policy``; nothing is read for it."""
    from runbook_lib.workflow import read_policy

    show(visible_json(read_policy(given)))


@looking(policy_app, "fix")
def policy_fix(given: "Parameters") -> None:
    """Prints the policy for applying a fix, to be attached beside that for reading; nothing is read for it."""
    from runbook_lib.workflow import fix_policy

    show(visible_json(fix_policy(given)))
