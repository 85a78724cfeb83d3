"""The HTTP of an Application Load Balancer, answered from the simulated tasks."""

import json
import re

from runbook_lib.lab import health, target_health
from runbook_lib.lab.region import Region
from runbook_lib.lab.reply import Reply, phrase, plain_json
from runbook_lib.lab.state import Document, Task
from runbook_lib.lab.world import World

_PROTOCOLS = {"http": ("HTTP", "TCP"), "https": ("HTTPS", "TLS")}
_HOST = re.compile(r"[a-z0-9-]+\.([a-z0-9-]+)\.elb\.amazonaws\.com")


def region_of(host: str) -> str | None:
    """Return the Region in a load balancer's DNS name, or None for any other host."""
    found = _HOST.fullmatch(host.lower())
    return found.group(1) if found else None


def answer(region: Region, host: str, port: int, scheme: str, path: str) -> Reply:
    """Answer a request to a port of a load balancer's DNS name as the load balancer would.

    What would not even connect on AWS (no such name, no listener on the port) is 421 with a sentence of the lab's.
    """
    balancer = _balancer(region.world, host)
    if balancer is None:
        return plain_json(421, {"error": f"no load balancer has the name {host}; DNS would not know it"})
    listener = _listener(region.world, balancer, port)
    if listener is None:
        return plain_json(421, {"error": f"{host} has no listener on port {port}; it would not connect"})
    if listener["Protocol"] not in _PROTOCOLS[scheme]:
        return _own(400)  # plain HTTP sent to an HTTPS port; the other way round TLS would fail
    action = _action(region.world, listener, host, path)
    if action["Type"] == "redirect":
        return _redirect(action["RedirectConfig"], host, path)
    if action["Type"] == "fixed-response":
        fixed = action["FixedResponseConfig"]
        return Reply(int(fixed["StatusCode"]), fixed.get("MessageBody", "").encode(), [("Server", "awselb/2.0")])
    return _forward(region, action["TargetGroupArn"], path)


def _balancer(world: World, host: str) -> str | None:
    balancers = world.client("elbv2").describe_load_balancers()["LoadBalancers"]
    named = (found["LoadBalancerArn"] for found in balancers if found["DNSName"].lower() == host.lower())
    return next(named, None)


def _listener(world: World, balancer: str, port: int) -> Document | None:
    listeners = world.client("elbv2").describe_listeners(LoadBalancerArn=balancer)["Listeners"]
    return next((found for found in listeners if found["Port"] == port), None)


def _action(world: World, listener: Document, host: str, path: str) -> Document:
    """Return what the first rule does that takes a host and a path, else what the listener does by default."""
    rules = world.client("elbv2").describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
    own = sorted((rule for rule in rules if not rule["IsDefault"]), key=lambda rule: int(rule["Priority"]))
    asked = {"host-header": host.lower(), "path-pattern": path}
    taking = (rule for rule in own if all(_met(condition, asked) for condition in rule["Conditions"]))
    rule = next(taking, None)
    return rule["Actions"][0] if rule else listener["DefaultActions"][0]


def _met(condition: Document, asked: dict[str, str]) -> bool:
    """Whether a condition on host or path holds; one on anything else never does."""
    field = condition["Field"]
    if field not in asked:
        return False
    config = condition.get("HostHeaderConfig" if field == "host-header" else "PathPatternConfig") or condition
    patterns = config["Values"]
    if field == "host-header":
        patterns = [pattern.lower() for pattern in patterns]
    return any(re.fullmatch(_expression(pattern), asked[field]) for pattern in patterns)


def _expression(pattern: str) -> str:
    """Return a pattern of Elastic Load Balancing as a regular expression: only ``*`` and ``?`` are special."""
    return "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in pattern)


def port_of(environ: Document) -> int:
    """Return the port that a client asks for: that of its Host, or its scheme's for none or the lab's own."""
    given = environ.get("HTTP_HOST", "").partition(":")[2]
    default = {"http": 80, "https": 443}[environ.get("wsgi.url_scheme", "http")]
    return int(given) if given.isdigit() and given != environ.get("SERVER_PORT") else default


def _forward(region: Region, group_arn: str, path: str) -> Reply:
    with region.lock:
        found = [pair for pair in target_health.targets(region, group_arn) if pair[1].state != "draining"]
        healthy = [pair for pair in found if pair[1].state == "healthy"]
        pool = healthy or found  # where no target is healthy an ALB fails open and asks any of them
        if not pool:
            return _own(503)
        task, target = pool[region.chance.below(len(pool))]
        group = region.world.target_group(group_arn)
        if group is None or not health.reaches(region, task, group, target.port):
            return _own(504)
        route = health.get(task, target.port, path, region.now, health.BALANCER_ADDRESS)
    return _own(502) if route is None else _application(task, path, route.status)


def _application(task: Task, path: str, status: int) -> Reply:
    body = json.dumps({"path": path, "status": status, "task": task.id}).encode()
    return Reply(status, body, [("Content-Type", "application/json"), ("Server", "uvicorn")])


def _own(status: int) -> Reply:
    title = f"{status} {phrase(status)}"
    body = f"<html>\r\n<head><title>{title}</title></head>\r\n<body><center><h1>{title}</h1></center></body>\r\n</html>"
    return Reply(status, body.encode(), [("Content-Type", "text/html"), ("Server", "awselb/2.0")])


def _redirect(configuration: Document, host: str, path: str) -> Reply:
    protocol = configuration.get("Protocol", "HTTPS").lower()
    port = configuration.get("Port", "443")
    reply = _own(301 if configuration.get("StatusCode") == "HTTP_301" else 302)
    reply.headers.append(("Location", f"{protocol}://{host}:{port}{path}"))
    return reply
