"""One process: the first look at a service, then round trips of one plain client over the same wire.

Prints ``{"first_look": seconds, "round_trip": seconds, "rounds": n, "calls": n}``. The first look is timed from its
first connection to the last answer of its third round, in a process that has called nothing before: connections, the
other clients, and all work between the rounds are in it; Python's start, imports and the first client are not, they
are in the time of ``diagnose``. A round trip is the median of ListClusters by a client of boto3 whose connection is
open already, so it holds the delay and nothing that would flatter us.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import boto3
import yaml

from runbook_lib.aws.collect import Collection
from runbook_lib.aws.session import Access, ReadSession
from runbook_lib.evidence.model import Evidence, Target


def first_look(given: dict[str, Any]) -> tuple[float, Evidence]:
    """Seconds from the first connection to the last answer, and what was read."""
    access = Access(given["region"], endpoint_url=given["endpoint_url"], credentials=given["credentials"])
    target = Target(given["cluster"], given["service"], given["region"])
    connected: list[float] = []
    sys.addaudithook(lambda event, _: connected.append(time.perf_counter()) if event == "socket.connect" else None)
    evidence = Collection(ReadSession(access), Evidence(target, datetime.now(UTC))).first_look()
    return time.perf_counter() - connected[0], evidence


def round_trip(given: dict[str, Any]) -> float:
    """Seconds of one request and its answer: median of five on an open connection."""
    client = boto3.client("ecs", region_name=given["region"], endpoint_url=given["endpoint_url"])
    client.list_clusters()
    return median(_timed(client.list_clusters) for _ in range(5))


def _timed(call: Any) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def main() -> None:
    """Measure for the parameters file that is the first argument."""
    given = yaml.safe_load(Path(sys.argv[1]).read_text())
    seconds, evidence = first_look(given)
    counts = {"rounds": evidence.rounds, "calls": len(evidence.calls)}
    print(json.dumps({"first_look": seconds, "round_trip": round_trip(given), **counts}))


if __name__ == "__main__":
    main()
