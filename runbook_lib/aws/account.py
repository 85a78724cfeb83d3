"""What there is to choose from: the profiles of this computer, the Regions, an account's clusters and services."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import botocore.session
from botocore.exceptions import BotoCoreError

from runbook_lib.aws.nothing import unlisted
from runbook_lib.aws.reader import CallFailedError, Reader
from runbook_lib.aws.session import ReadSession

Told = Callable[[int], None]  # hears how many names there are so far; what it raises ends the reading
_ARN = re.compile(
    r"arn:aws[a-z-]*:ecs:[a-z0-9-]+:(?P<account>\d{12}):\w+/(?:.+/)?(?P<name>[A-Za-z0-9][\w-]{0,254})", re.A
)
_MOST = 20_000  # names; a cluster has at most 5,000 services where nobody raised the quota


@dataclass(frozen=True)
class Names:
    """Names in the order of the alphabet, and the account that has them.

    ``partial`` says that there are more than were read in time; ``strange`` counts what is no ARN of ECS.
    """

    names: tuple[str, ...] = ()
    account: str = ""
    partial: bool = False
    strange: int = 0


class Account:
    """Lists what an account has in one Region, within ``seconds``."""

    def __init__(self, session: ReadSession, seconds: float) -> None:
        self._session, self._reader = session, Reader(session)
        self._until = time.monotonic() + seconds

    def clusters(self, told: Told) -> Names:
        """The account's clusters.

        Raises
        ------
        RunbookError
            They were not to be had: denied, no credentials, no connection.
        """
        return self._listed(told, "ListClusters", "clusterArns", {})

    def services(self, cluster: str, told: Told) -> Names:
        """The cluster's services. Raises as :meth:`clusters`, and where there is no such cluster."""
        return self._listed(told, "ListServices", "serviceArns", {"cluster": cluster})

    def _listed(self, told: Told, operation: str, member: str, about: dict[str, str]) -> Names:
        arns: list[str] = []
        partial = False
        try:
            for page, more in self._pages(operation, member, about):
                arns += page
                told(len(arns))
                partial = more and (time.monotonic() > self._until or len(arns) >= _MOST)
                if partial:
                    break
        except CallFailedError as error:
            if not arns:
                raise unlisted(error, self._session, about.get("cluster", "")) from error
            partial = True
        return _names(arns, partial)

    def _pages(self, operation: str, member: str, about: dict[str, str]) -> Iterator[tuple[list[str], bool]]:
        asked: dict[str, Any] = {"maxResults": 100, **about}
        while True:
            answer = self._reader.call("ecs", operation, member, **asked)
            token = answer.get("nextToken")
            yield answer[member], bool(token)
            if not token:
                return
            asked["nextToken"] = token


def _names(arns: list[str], partial: bool) -> Names:
    found = [match for arn in arns if (match := _ARN.fullmatch(arn))]
    account = found[0]["account"] if found else ""
    return Names(tuple(sorted({one["name"] for one in found})), account, partial, len(arns) - len(found))


def profiles() -> tuple[str, ...]:
    """The profiles of the AWS configuration; none where it cannot be read, which reading AWS will then tell."""
    try:
        return tuple(botocore.session.get_session().available_profiles)
    except BotoCoreError:
        return ()


def region_of(profile: str) -> str:
    """The Region that counts where none is given: that of the environment, else of the profile; ``""`` for none."""
    try:
        found = botocore.session.Session(profile=profile or None).get_config_variable("region")
    except BotoCoreError:
        return ""
    return str(found or "")


def regions() -> tuple[str, ...]:
    """The Regions in which botocore knows ECS, those of the ordinary partition first."""
    session = botocore.session.get_session()
    parts = sorted(session.get_available_partitions(), key=lambda name: name != "aws")
    return tuple(region for part in parts for region in sorted(session.get_available_regions("ecs", part)))
