"""Values as people read them, in both languages."""

import pytest

from runbook_lib.report.formats import clock, duration, minutes, moment, number, revision, short_id, stamp

AT = "2026-11-23T07:11:02.123000+00:00"
LENGTHS = [
    (0, "0초", "0 s"),
    (20.4, "20초", "20 s"),
    (60, "1분", "1 min"),
    (1100, "18분 20초", "18 min 20 s"),
    (3600, "1시간", "1 h"),
    (3903, "1시간 5분", "1 h 5 min"),
    (3605, "1시간", "1 h"),
    (183_600, "2일 3시간", "2 d 3 h"),
    (-5, "0초", "0 s"),
]
MINUTES = [
    (0, "0초", "0 s"),
    (45.2, "45초", "45 s"),
    (59.7, "1분", "1 min"),
    (1099, "18분", "18 min"),
    (3900, "1시간 5분", "1 h 5 min"),
]


@pytest.mark.parametrize(("seconds", "ko", "en"), LENGTHS)
def test_a_length_of_time(seconds, ko, en):
    assert (duration(seconds, "ko"), duration(seconds, "en")) == (ko, en)


@pytest.mark.parametrize(("seconds", "ko", "en"), MINUTES)
def test_a_length_of_time_in_minutes(seconds, ko, en):
    assert (minutes(seconds, "ko"), minutes(seconds, "en")) == (ko, en)


STAMPS = [
    ("Asia/Seoul", "2026-11-23 16:11:02 KST (UTC+09:00)"),
    ("UTC", "2026-11-23 07:11:02 UTC (UTC+00:00)"),
    ("Europe/Berlin", "2026-11-23 08:11:02 (UTC+01:00)"),
    ("America/St_Johns", "2026-11-23 03:41:02 (UTC-03:30)"),
]


@pytest.mark.parametrize(("zone", "text"), STAMPS)
def test_a_stamp_names_its_offset(zone, text):
    assert stamp(AT, zone) == text


def test_a_time_in_a_row_is_the_time_of_day():
    assert clock(AT, "Asia/Seoul") == "16:11:02"
    assert moment("2026-11-23T20:11:02Z", "Asia/Seoul") == "2026-11-24 05:11:02"


@pytest.mark.parametrize("write", [clock, moment, stamp])
def test_no_time_is_nothing(write):
    assert write("", "Asia/Seoul") == ""


def test_names_and_counts():
    assert revision("arn:aws:ecs:ap-northeast-2:123456789012:task-definition/momentir-cx-llm:3") == "momentir-cx-llm:3"
    assert short_id("arn:aws:ecs:ap-northeast-2:123456789012:task/c/3178b6e0e30f328549c488e00a4ff112") == "3178b6e0e30f"
    assert number(1024) == "1,024"
