"""What a process does that others are forked from, before it loads its libraries: what takes each of them long."""

import gc

from runbook_lib.aws.operations import READS
from runbook_lib.aws.session import Access, ReadSession
from runbook_lib.lab.embedded import service_model
from runbook_lib.quick import quicken


def read_models() -> None:
    """botocore's models of the services that commands call: read once, as by a notebook that stays open."""
    session = ReadSession(Access("ap-northeast-2", endpoint_url="http://127.0.0.1:1", credentials="lab"))
    for service in sorted({service for service, _ in READS}):
        session.client(service)
        service_model(service)  # the lab reads its own


quicken()
gc.disable()  # until all is there (`tests.practised`)
read_models()
