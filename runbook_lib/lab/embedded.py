"""moto, made ready in a fraction of the time that its own start takes.

What moto does again and again, or for nobody here, is most of that time: each model is looked for by a loader of its
own, which lists botocore's 400 folders; sessions of boto3 are made for the names of Regions alone; each request
inspects the class that answers it; and EC2 reads the catalogue of all instance types, of which a lab of Fargate
services starts none.
"""

import os
from functools import cache
from importlib import import_module
from typing import Any, ClassVar
from unittest.mock import patch

import boto3
import botocore.session
import moto.core.responses
import moto.core.utils
import moto.utilities.utils
from botocore.loaders import JSONFileLoader, Loader
from botocore.model import ServiceModel
from moto.backends import get_backend
from moto.core.base_backend import AccountSpecificBackend, BackendDict, backend_lock
from moto.core.loaders import create_loader
from moto.core.utils import method_names_from_class
from moto.moto_api._internal import mock_random
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

ACTION = "runbook_lab.action"  # what a request asks for, in its environ, where that is known
# What changes nothing that the simulator goes by; PutLogEvents and CreateLogStream are its own.
_HARMLESS = ("Describe", "Get", "List", "BatchGet", "Filter", "StartQuery", "PutLogEvents", "CreateLogStream")
_CATALOGUE = "ec2/resources/instance_type"  # instance types, and where each is offered


class _ReadOnce(JSONFileLoader):
    """Reads each model file once a process: importing moto's EC2 alone reads the same 3 MB four times."""

    _read: ClassVar[dict[str, Any]] = {}

    def load_file(self, file_path: str) -> Any:
        if file_path not in self._read:
            self._read[file_path] = super().load_file(file_path)
        return self._read[file_path]


Loader.FILE_LOADER_CLASS = _ReadOnce
_LOADER = create_loader()
# A profile of the user that does not exist, or a broken file of profiles, is not the lab's business.
_NOBODY = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}
_listed = cache(_LOADER.list_available_services)
_load_resource = moto.utilities.utils.load_resource


@cache
def service_model(service: str) -> ServiceModel:
    """Return botocore's model of a service, loaded once."""
    return ServiceModel(_LOADER.load_service_model(service, "service-2"), service)


@cache
def service_names() -> list[str]:
    """Return the names that boto3 has for the services of AWS."""
    return list(_LOADER.list_available_services("service-2"))


class _Moto(DomainDispatcherApplication):
    """moto, which would look through its own folder for each request to find the service of a host.

    `state` is another object from the beginning of every request that may change something, and from its end.
    """

    def __init__(self) -> None:
        super().__init__(_calm)
        self._found: dict[str | None, Any] = {}
        self.state = object()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Answer a request."""
        if environ.get(ACTION, "").startswith(_HARMLESS):
            return super().__call__(environ, start_response)
        self.state = object()
        try:
            return super().__call__(environ, start_response)
        finally:
            self.state = object()

    def get_backend_for_host(self, host: str | None) -> Any:
        """Return moto's backend of a host."""
        if host not in self._found:
            self._found[host] = super().get_backend_for_host(host)
        return self._found[host]


def _calm(service: Any) -> Any:
    """Return moto's application of a service, which answers 500 to what goes wrong in it instead of raising it."""
    application = create_backend_app(service)
    application.config["PROPAGATE_EXCEPTIONS"] = False
    return application


@cache
def moto_application() -> Any:
    """Return moto as a WSGI application; there is one a process, as its state is one."""
    os.environ.setdefault("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")  # nobody starts EC2 instances here; saves 0.8 s
    session = _session()
    patch.object(_LOADER, "list_available_services", _services).start()
    patch.object(moto.core.utils, "create_loader", lambda: _LOADER).start()
    patch.object(moto.core.utils, "Session", lambda: session).start()
    patch.object(AccountSpecificBackend, "get_session", lambda: session).start()
    patch.object(moto.core.responses, "method_names_from_class", cache(method_names_from_class)).start()
    with (
        patch.object(boto3, "Session", lambda **given: boto3.session.Session(**given) if given else session),
        patch.object(moto.utilities.utils, "load_resource", _without_catalogue),
    ):
        import_module("moto.ec2.models")
    return _Moto()


def seed_moto(seed: str) -> None:
    """Let moto make its ids (of subnets, target groups, secrets ...) from a seed, from now on.

    It has one source of them a process: labs that run at once and are called at once take turns in drawing from it.
    """
    mock_random.seed(seed)


def empty(account: str) -> None:
    """Forget all that moto has of an account."""
    with backend_lock:
        used: list[Any] = vars(BackendDict)["_instances"]
        for service in used:
            found = service.pop(account, None)
            if found is not None:
                found.reset()


def state_of(account: str) -> tuple[Any, dict[str, dict[str, Any]]]:
    """Return all that moto has of an account, by service and Region, and where its source of ids stands."""
    with backend_lock:
        used: list[Any] = vars(BackendDict)["_instances"]
        return mock_random.getstate(), {each.service_name: dict(each[account]) for each in used if account in each}


def put_back(account: str, state: tuple[Any, dict[str, dict[str, Any]]]) -> None:
    """Let moto have of an account what `state_of` returned, or a copy of it; nothing else may be there."""
    source, services = state
    mock_random.setstate(source)
    for service, regions in services.items():
        get_backend(service)[account].update(regions)
    moto_application().state = object()


def _session() -> boto3.session.Session:
    core = botocore.session.Session(session_vars=_NOBODY)
    core.register_component("data_loader", _LOADER)
    return boto3.session.Session(botocore_session=core)


def _services(type_name: str) -> Any:
    return _listed(type_name)


def _without_catalogue(resource: str) -> Any:
    return {} if resource.startswith(_CATALOGUE) else _load_resource(resource)
