"""Readings as pandas tables."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runbook_lib.report.frames import frame
from tests.report import sample


@pytest.mark.parametrize(
    ("kind", "rows", "time"),
    [
        ("tasks", 10, "createdAt"),
        ("deployments", 2, "updatedAt"),
        ("events", 33, "createdAt"),
        ("images", 3, "imagePushedAt"),
    ],
)
def test_a_frame_has_a_row_for_each_thing_and_utc_times(kind, rows, time):
    found = frame(sample.guide(), kind)
    assert len(found) == rows
    assert str(found[time].dt.tz) == "UTC"


@pytest.mark.parametrize("kind", ["tasks", "deployments", "events", "images"])
def test_nothing_read_is_an_empty_frame_with_the_same_columns(kind):
    found = frame(replace(sample.guide(), readings=()), kind)
    assert list(found.columns) == list(frame(sample.guide(), kind).columns)
    assert len(found) == 0


def test_an_unknown_kind_is_refused_by_name():
    with pytest.raises(ValueError, match=r"tasks, deployments, events, images"):
        frame(sample.guide(), "pods")
