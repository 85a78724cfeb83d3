"""The cells that every notebook has, headless or with somebody in front of it: one section each."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any


class Cells(ABC):
    """A service as notebooks show it: every method returns one section that renders itself."""

    @abstractmethod
    def _section(self, name: str) -> Any:
        """The section of a name in ``report.sections``."""

    def _repr_mimebundle_(self, **options: Any) -> Any:
        return self.overview()._repr_mimebundle_(**options)

    def overview(self) -> Any:
        """State, since when, and the causes at a glance."""
        return self._section("overview")

    def service_state(self) -> Any:
        """Guide, diagnosis 1: the service and its deployments."""
        return self._section("service_state")

    def running_tasks(self) -> Any:
        """Guide, diagnosis 2: the running tasks."""
        return self._section("running_tasks")

    def task_details(self) -> Any:
        """Guide, diagnosis 3: every task with its health and why it stopped."""
        return self._section("task_details")

    def service_events(self) -> Any:
        """Guide, diagnosis 4: the newest events, in AWS's words."""
        return self._section("service_events")

    def image_tags(self) -> Any:
        """Guide, diagnosis 5: what ECR has, and what was asked for."""
        return self._section("image_tags")

    def checklist(self) -> Any:
        """The guide's seven questions, answered."""
        return self._section("checklist")

    def causes(self) -> Any:
        """The causes, each with its facts, evidence and fix."""
        return self._section("causes")

    def risks(self) -> Any:
        """What is no fault yet: a check that cannot fail, a service for which no task is desired."""
        return self._section("risks")

    def what_changed(self) -> Any:
        """What changed since the last revision that completed, where to look first."""
        return self._section("what_changed")

    def symptoms(self) -> Any:
        """What was seen besides, and which cause explains it."""
        return self._section("symptoms")

    def unread(self) -> Any:
        """What could not be read, and what to do about it."""
        return self._section("unread")

    def timeline(self) -> Any:
        """Deployments, tasks and events on one time axis."""
        return self._section("timeline")

    def commands(self) -> Any:
        """The guide's AWS CLI commands with this service's names filled in."""
        return self._section("commands")

    def api_calls(self) -> Any:
        """Every call that was made."""
        return self._section("api_calls")
