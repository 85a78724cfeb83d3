"""The lab's front door: one port for the AWS APIs, the load balancers' HTTP and the lab's own control."""

import contextlib
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from runbook_lib.lab import (
    admission,
    balancer,
    call,
    control,
    guard,
    identity,
    images,
    managed_policies,
    permissions,
    reply,
    simulation,
    target_groups,
    target_health,
    wire,
)
from runbook_lib.lab.call import Call
from runbook_lib.lab.calls import Calls
from runbook_lib.lab.clock import Clock
from runbook_lib.lab.embedded import ACTION, moto_application, seed_moto, service_model
from runbook_lib.lab.errors import AwsError, ReplyShapeError
from runbook_lib.lab.faults import Faults
from runbook_lib.lab.injection import Injection
from runbook_lib.lab.operations import OPERATIONS, lookup
from runbook_lib.lab.permissions import Denial
from runbook_lib.lab.policy import Decision, Policy
from runbook_lib.lab.region import Region
from runbook_lib.lab.registry import Built, Registry
from runbook_lib.lab.reply import Reply
from runbook_lib.lab.roles import repository_decision
from runbook_lib.lab.transport import INTERNAL, Clients, WsgiApplication, ask, internal_environ
from runbook_lib.lab.world import Answers, World

_FIRST_USE = (
    ("ec2", "describe_vpcs"),
    ("elbv2", "describe_load_balancers"),
    ("iam", "list_roles"),
    ("ecr", "describe_repositories"),
    ("logs", "describe_log_groups"),
    ("secretsmanager", "list_secrets"),
)
# Where moto answers what AWS never does.
_CORRECTED: dict[tuple[str, str], Callable[[Reply], None]] = {
    ("elbv2", "DescribeTargetGroups"): target_health.name_balancers_once,
    ("elbv2", "ModifyTargetGroup"): target_health.name_balancers_once,
    ("sts", "GetCallerIdentity"): identity.correct,
}
_READS = ("Describe", "Get", "List")
StartResponse = Callable[..., object]
_SIGNED_FOR = re.compile(r"(Credential=[^/]+/\d+/[^/]+/)[^/]+")


@cache
def _moto() -> tuple[WsgiApplication, Clients]:
    """Return moto and the clients of it, which all labs of a process share as they share moto's state."""
    application = moto_application()
    return application, Clients(application)


class Front:
    """Decides who answers a request, and stamps every reply with the simulated time.

    Attributes
    ----------
    images
        What the images are and do, by digest of their manifest or by tag.
    pushed
        When images were pushed (seconds since the epoch), by digest; moto would say that it was just now.
    answers
        What is known of an account and Region that is in a state in which it was before, for its `World`.
    others
        Clients of moto alone, which see neither the simulator nor its clock.
    policy
        The identity policy of every client, or None where all may do everything.
    calls
        The newest AWS calls of clients, in the order of the replies.
    """

    def __init__(self, clock: Clock, account: str, seed: int = 0) -> None:
        self.clock = clock
        self.account = account
        self.seed = seed
        self.faults = Faults()
        self.policy: Policy | None = None
        self.calls = Calls()
        self.images: dict[str, Built] = {}
        self.pushed: dict[str, float] = {}
        self.answers: dict[tuple[str, str], Answers] = {}
        self.closing = threading.Event()
        self._moto, self.others = _moto()
        self._regions: dict[tuple[str, str], Region] = {}
        self._lock = threading.Lock()

    def reset_moto(self) -> None:
        """Empty moto, which keeps one state a process for all labs in it."""
        ask(self._moto, internal_environ("POST", "http://lab/moto-api/reset", {}, b"", self.account))

    def seed_moto(self, region: str) -> None:
        """Let moto's ids follow from the seed, whatever its services have to make on their first use."""
        for service, method in _FIRST_USE:
            getattr(self.others.get(service, self.account, region), method)()
        seed_moto(f"{self.seed}/{self.account}")

    def region(self, name: str, account: str | None = None) -> Region:
        """Return a Region of an account, made on its first use."""
        key = (account or self.account, name)
        with self._lock:
            if key not in self._regions:
                world = World(self.others, *key, self.images, self.answers.get(key))
                self._regions[key] = Region(*key, self.clock, world, self.seed)
            return self._regions[key]

    def set_capacity(self, region: str, zones: Mapping[str, bool]) -> None:
        """Say in which zones of a Region (``a``, ``c``) Fargate has room, and in which not."""
        full = self.region(region).full_zones
        for zone, has_room in zones.items():
            (full.discard if has_room else full.add)(region + zone)

    def full_zones(self) -> list[str]:
        """Return the zones in which Fargate has no room."""
        return sorted(zone for region in list(self._regions.values()) for zone in region.full_zones)

    def advance(self, seconds: float) -> None:
        """Let simulated time pass in every Region."""
        self.clock.advance(seconds)
        self.sync()

    def sync(self) -> None:
        """Bring every Region to the clock's time."""
        for region in list(self._regions.values()):
            region.sync()

    def answer(self, environ: dict[str, Any]) -> tuple[Reply, float]:
        """Answer a request (a WSGI environ) with a reply and the simulated time of it."""
        done = self._route(environ)
        return done, self.clock.now()

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer a WSGI request; the lab's own clients come this way."""
        done, now = self.answer(environ)
        start_response(done.status_line, done.stamped(now))
        return [done.body]

    def _route(self, environ: dict[str, Any]) -> Reply:
        host = environ.get("HTTP_HOST", "").partition(":")[0]
        path = environ.get("PATH_INFO", "/")
        refused = None if INTERNAL in environ else admission.refuse(environ, path)
        if refused:
            return refused
        region = balancer.region_of(host)
        if region:
            place = self.region(region)
            place.catch_up()
            return balancer.answer(place, host, balancer.port_of(environ), environ.get("wsgi.url_scheme", "http"), path)
        if path.startswith("/_lab/"):
            return control.answer(self, environ, path)
        return self._aws(environ)

    def _aws(self, environ: dict[str, Any]) -> Reply:
        asked = call.read(environ, self.account)
        if INTERNAL in environ:
            return self._answer(asked, environ)
        since = time.perf_counter()
        rule, fault = self.faults.find(asked, self.clock.lived())
        met = Injection(asked, environ, rule, fault, self.faults.holds, self._caller, self.closing)
        done = None
        try:
            try:
                done = met.before() or self._outcome(asked, environ)
            finally:
                self.calls.add(asked, done, at=self.clock.now(), since=since, fault=rule)
            return met.after(done)
        finally:
            self.faults.holds.over(asked)

    def _outcome(self, asked: Call, environ: dict[str, Any]) -> Reply:
        return admission.unsigned(asked, environ) or self._refuse(asked, environ) or self._answer(asked, environ)

    def _refuse(self, asked: Call, environ: dict[str, Any]) -> Reply | None:
        """Deny a call that the policy in force does not allow."""
        denied = permissions.denial(self.policy, asked, self._definition) if self.policy else None
        denied = denied or self._not_shared(asked, environ)
        return permissions.refusal(denied, asked, self._caller(asked, environ)) if denied else None

    def _definition(self, asked: Call, reference: str) -> dict[str, Any] | None:
        """Return the task definition that a call names; of what names none the service says so itself."""
        region = self.region(asked.region, asked.account)
        with region.lock, contextlib.suppress(AwsError):
            return lookup.definition(region, reference)
        return None

    def _not_shared(self, asked: Call, environ: dict[str, Any]) -> Denial | None:
        """Deny what a repository of another account does not share, and send what it does share to that account."""
        repository = images.in_other_account(asked)
        if repository is None:
            return None
        action, caller = f"ecr:{asked.action}", self._caller(asked, environ)
        policy = Registry(self.others, {}).policy(repository)
        if repository_decision(policy, caller, asked.account, [action]) is not Decision.ALLOWED:
            return Denial(action, repository.arn, Decision.NOT_SHARED)
        environ["HTTP_X_MOTO_ACCOUNT_ID"] = repository.account
        return None

    def _caller(self, asked: Call, environ: dict[str, Any]) -> str:
        """Return the ARN of whoever signed a request, as ``aws sts get-caller-identity`` tells it."""
        signed = _SIGNED_FOR.sub(r"\1sts", environ.get("HTTP_AUTHORIZATION", ""))
        headers = {"Authorization": signed, "Content-Type": "application/x-www-form-urlencoded"}
        who = internal_environ(
            "POST", "http://lab/", headers, b"Action=GetCallerIdentity&Version=2011-06-15", asked.account
        )
        return identity.arn_in(ask(self._moto, who))

    def _write_logs(self, account: str) -> None:
        """Write what tasks of any Region have said: a log driver may write to another one than its own."""
        for region in [found for (owner, _), found in list(self._regions.items()) if owner == account]:
            region.catch_up()
            region.write_logs()

    def _answer(self, asked: Call, environ: dict[str, Any]) -> Reply:
        region = self.region(asked.region, asked.account)
        region.catch_up()
        if asked.service == "ecs":
            return _ecs(region, asked)
        if asked.service == "elbv2" and asked.action == "DescribeTargetHealth":
            done = target_health.describe(region, asked.query)
            if done is not None:
                return done
        if (asked.service, asked.action) == simulation.OPERATION:
            return simulation.answer(region, asked, self._caller(asked, environ), self.policy)
        refused = None if INTERNAL in environ else guard.refuse(asked) or target_groups.refuse(region, asked)
        if refused:
            return refused
        managed_policies.make_known(asked)
        if asked.service == "ecr" and asked.action == "PutImage":
            images.give_digest(environ)
        if asked.service == "logs":
            self._write_logs(asked.account)
        environ[ACTION] = asked.action
        done = ask(self._moto, environ) if INTERNAL in environ else guard.answer(self._moto, asked, environ)
        self._correct(asked, done)
        return done

    def _correct(self, asked: Call, done: Reply) -> None:
        """Put right what moto answers otherwise than AWS."""
        well = done.status == 200
        if well and (asked.service, asked.action) == ("ecr", "DescribeImages"):
            images.date(done, self.pushed)
        if well and (asked.service, asked.action) == ("ecr", "BatchGetImage"):
            images.name_absent(asked, done)
        if (asked.service, asked.action) in _CORRECTED:
            _CORRECTED[asked.service, asked.action](done)


def _ecs(region: Region, asked: Call) -> Reply:
    operation = OPERATIONS.get(asked.action)
    if operation is None:
        known = asked.action in service_model("ecs").operation_names
        lacking = guard.absent("ecs", asked.action) if known else AwsError("UnknownOperationException", "")
        return reply.error(asked.protocol, lacking.code, lacking.message, 400)
    try:
        params = wire.parse("ecs", asked.action, asked.body)
        with region.lock:
            result = operation(region, params)
            if not asked.action.startswith(_READS):
                region.rouse_services(params.get("service") or params.get("serviceName"))
            return reply.aws_json(200, wire.render("ecs", asked.action, result))
    except AwsError as error:
        return reply.error("json", error.code, error.message, error.status, error.members)
    except ReplyShapeError as error:
        return reply.error("json", "ServerException", str(error), 500)
