"""Sessions with AWS and their guards: one that reads and one that changes, each refusing all else before it is sent."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import boto3.session
import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ProfileNotFound
from botocore.hooks import HierarchicalEmitter
from botocore.loaders import Loader, create_loader

from runbook_lib.aws.operations import CHANGES, CREDENTIAL_CALLS, FIX_READS, READS, name
from runbook_lib.errors import AccessError, ParameterError, SafetyError, nearest

LAB_CREDENTIALS = "lab"
_CREDENTIAL_OPERATIONS = tuple(f".{operation}" for _, operation in CREDENTIAL_CALLS)
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Access:
    """How AWS is reached. ``endpoint_url`` and ``profile`` may be empty; ``credentials`` is ``lab`` or empty.

    ``deadline_s`` are the seconds that a whole look may take; one attempt of a call gets a sixth of them, so that a
    call that never answers is given up after its three attempts while there is time for all the others.
    """

    region: str
    profile: str = ""
    endpoint_url: str = ""
    credentials: str = ""
    deadline_s: int = 60


class _Session:
    """Clients that can make the calls of one table and nothing else; each is created on first use and then shared."""

    allowed: Mapping[tuple[str, str], str] = {}
    attempts_of_a_call = 3

    def __init__(self, access: Access) -> None:
        self._access = access
        self._session = _session(access, self._guard, self._sent)
        self._sends = threading.local()
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()

    @property
    def region(self) -> str:
        """The Region that readings come from, as given or as the profile says."""
        return self._session.region_name or ""

    @property
    def profile(self) -> str:
        """The profile whose credentials are used."""
        return self._session.profile_name

    def attempts(self) -> int:
        """How often this thread has sent a request since it was last asked."""
        count: int = getattr(self._sends, "count", 0)
        self._sends.count = 0
        return count

    def _sent(self, event_name: str, **_: Any) -> None:
        """Counts, for botocore tells the attempts of answers alone, not those of broken connections."""
        if not event_name.endswith(_CREDENTIAL_OPERATIONS):
            self._sends.count = getattr(self._sends, "count", 0) + 1

    def nearest_region(self) -> str:
        """A Region that exists and is spelt nearly like this one; empty where this one exists or an endpoint is given.

        Only botocore's own list of Regions is asked, which is as old as botocore: a guess for an error's sentence.
        """
        partitions = self._session.get_available_partitions()
        known = [r for p in partitions for r in self._session.get_available_regions("ecs", p)]
        return "" if self._access.endpoint_url or self.region in known else nearest(self.region, known)

    def client(self, service: str, region: str = "") -> Any:
        """The client of a service; ``region`` only where it differs from the session's."""
        key = (service, region or self.region)
        with self._lock:  # creating clients is not thread-safe in botocore, using them is
            if key not in self._clients:
                create: Any = self._session.client
                self._clients[key] = create(
                    service,
                    region_name=key[1],
                    endpoint_url=self._access.endpoint_url or None,
                    config=_config(self._access, self.attempts_of_a_call),
                )
            return self._clients[key]

    def _guard(self, **event: Any) -> None:
        model = event["model"]
        called = (model.service_model.service_name, model.name)
        if called not in self.allowed and called not in CREDENTIAL_CALLS:
            raise SafetyError("call-refused", operation=name(*called))


class ReadSession(_Session):
    """A session that can read and nothing else."""

    allowed = READS | FIX_READS


class ChangeSession(_Session):
    """A session that can make the changes of an approved plan and nothing else, not even read.

    A call is sent once: whether a call without an answer took effect is read, never tried.

    Raises
    ------
    SafetyError
        There is no approval.
    """

    allowed = CHANGES
    attempts_of_a_call = 1

    def __init__(self, access: Access, approved: str) -> None:
        if not approved:
            raise SafetyError("not-approved")
        super().__init__(access)


def _config(access: Access, attempts: int) -> Config:
    return Config(
        retries={"mode": "standard", "total_max_attempts": attempts},
        connect_timeout=access.deadline_s / 12,
        read_timeout=access.deadline_s / 6,
        max_pool_connections=16,
        tcp_keepalive=True,
        user_agent_extra="ecs-runbook",
        proxies={} if _is_loopback(access) else None,  # no proxy can reach this computer's own address
    )


def _is_loopback(access: Access) -> bool:
    return urlsplit(access.endpoint_url).hostname in _LOOPBACK


def _session(access: Access, guard: Callable[..., None], sent: Callable[..., None]) -> boto3.session.Session:
    core = botocore.session.Session(event_hooks=copy(_hooks()), include_builtin_handlers=False)
    core.lazy_register_component("data_loader", lambda: _loader(core.get_config_variable("data_path")))
    core.register("before-call", guard)
    core.register("before-send", sent)
    try:
        made = boto3.session.Session(
            botocore_session=core,
            region_name=access.region or None,
            profile_name=access.profile or None,
            **_lab_keys(access),
        )
        config = core.get_scoped_config()
    except ProfileNotFound as error:
        raise _no_profile(access.profile or core.get_config_variable("profile"), core) from error
    except BotoCoreError as error:
        raise AccessError("profile-unusable", profile=access.profile, problem=str(error)) from error
    if not access.credentials and _asks_for_a_code(access, config):
        raise AccessError("profile-needs-code", profile=made.profile_name)
    return made


@cache
def _hooks() -> HierarchicalEmitter:
    """botocore's own handlers, registered once a process: sessions get copies, as botocore's clients do."""
    hooks = HierarchicalEmitter()
    botocore.session.Session(event_hooks=hooks)
    return hooks


@cache
def _loader(data_path: str | None) -> Loader:
    """botocore's models, read once a process: reading them anew is most of what a session takes to be made."""
    return create_loader(data_path)


def _no_profile(profile: str, core: botocore.session.Session) -> ParameterError:
    near = nearest(profile, list(core.available_profiles))
    if near:
        return ParameterError("profile-missing-near", profile=profile, nearest=near)
    return ParameterError("profile-missing", profile=profile)


def _asks_for_a_code(access: Access, config: Mapping[str, Any]) -> bool:
    """Whether botocore would ask for a code on the terminal, which neither a notebook nor a CI job has."""
    used = access.profile or "AWS_ACCESS_KEY_ID" not in os.environ  # keys of the environment come before a default
    return bool(used) and {"role_arn", "mfa_serial"} <= set(config)


def _lab_keys(access: Access) -> dict[str, Any]:
    """The lab's fixed keys, which are no secret; only a loopback address may be met with them."""
    if access.credentials != LAB_CREDENTIALS:
        return {}
    if not _is_loopback(access):
        raise ParameterError("lab-credentials-elsewhere", endpoint_url=access.endpoint_url)
    return {"aws_access_key_id": LAB_CREDENTIALS, "aws_secret_access_key": LAB_CREDENTIALS}
