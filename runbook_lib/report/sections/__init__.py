"""Sections of notebooks and reports: each is a function of a diagnosis, its evidence and a context."""

from runbook_lib.report.sections.appendix import api_calls, commands, timeline
from runbook_lib.report.sections.changed import what_changed
from runbook_lib.report.sections.evidenced import checklist_evidence
from runbook_lib.report.sections.findings import causes, checklist, overview, risks, symptoms, unread
from runbook_lib.report.sections.readings import (
    image_tags,
    running_tasks,
    service_events,
    service_state,
    task_details,
)

__all__ = [
    "api_calls",
    "causes",
    "checklist",
    "checklist_evidence",
    "commands",
    "image_tags",
    "overview",
    "risks",
    "running_tasks",
    "service_events",
    "service_state",
    "symptoms",
    "task_details",
    "timeline",
    "unread",
    "what_changed",
]
