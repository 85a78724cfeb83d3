"""The services that an account has, as far as they were to be had: what one chooses from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from runbook_lib.aws.account import Account, Names, Told, profiles, region_of, regions
from runbook_lib.aws.session import Access, ReadSession
from runbook_lib.errors import AccessError, ExitCode, ParameterError, TargetError
from runbook_lib.parameters import Parameters

__all__ = ["Found", "Listed", "Names", "found", "profiles", "region_of", "regions"]


@dataclass(frozen=True)
class Listed:
    """One list, or why there is none; neither where it was not asked for."""

    names: Names | None = None
    problem: AccessError | TargetError | ParameterError | None = None

    def lacks(self, name: str) -> bool:
        """Whether AWS listed all there are, and ``name`` is none of them."""
        return self.names is not None and not self.names.partial and name not in self.names.names


@dataclass(frozen=True)
class Found:
    """The clusters of a Region, and the services of the one cluster that was asked for; ``service`` is one of them."""

    region: str = ""
    cluster: str = ""
    service: str = ""
    clusters: Listed = field(default_factory=Listed)
    services: Listed = field(default_factory=Listed)

    @property
    def account(self) -> str:
        """The account's number, where a list told it."""
        lists = (self.clusters.names, self.services.names)
        return next((names.account for names in lists if names and names.account), "")

    @property
    def exit_code(self) -> ExitCode:
        """0 where both lists were had, 2 where AWS does not know what was asked for, else 3."""
        if self.cluster and self.service and self.lacks(self.cluster, self.service):
            return ExitCode.USAGE
        seen = not (self.clusters.problem or self.services.problem)
        return ExitCode.GOOD if seen else ExitCode.COULD_NOT_LOOK

    def lacks(self, cluster: str, service: str) -> bool:
        """Whether AWS says that there is no such cluster, or no such service in it."""
        same = cluster == self.cluster
        absent = same and isinstance(self.services.problem, TargetError)
        return absent or self.clusters.lacks(cluster) or (same and self.services.lacks(service))


def found(given: Parameters, told: Told, before: Found | None = None) -> Found:
    """Lists the Region's clusters, and the services of ``given.cluster``, else of the only cluster that there is.

    With ``before`` the clusters are not listed again. ``told`` hears how many names of a list there are so far.

    Raises
    ------
    ParameterError
        There is no Region, no such profile, or the lab's keys would go elsewhere.
    """
    try:
        session = _session(given)
    except AccessError as error:  # the profile cannot be used
        return Found(given.region, given.cluster, given.service, Listed(problem=error))
    account = Account(session, given.deadline)
    clusters = before.clusters if before else _listed(lambda: account.clusters(told))
    names = clusters.names.names if clusters.names else ()
    cluster = given.cluster or (names[0] if len(names) == 1 else "")
    services = _listed(lambda: account.services(cluster, told)) if cluster and _reached(clusters) else Listed()
    return Found(session.region, cluster, given.service, clusters, services)


def _session(given: Parameters) -> ReadSession:
    session = ReadSession(Access(given.region, given.profile, given.endpoint_url, given.credentials, given.deadline))
    if not session.region:
        raise ParameterError("parameter-missing", name="region")
    return session


def _listed(read: Callable[[], Names]) -> Listed:
    try:
        return Listed(read())
    except (AccessError, TargetError) as error:
        return Listed(problem=error)


def _reached(clusters: Listed) -> bool:
    """Whether it is worth asking for services: who may not list clusters may still list what is in one."""
    return clusters.problem is None or clusters.problem.key in ("list-denied", "list-failed")
