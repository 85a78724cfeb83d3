"""What measures must itself be right: a crash is not a fast run, and a limit that is passed is said."""

import sys

import pytest

from benchmarks.measure import interleaved, sample
from benchmarks.row import Row


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_a_run_is_timed_to_its_end_and_its_memory_counted():
    taken = sample([python("import time; time.sleep(0.3); b'x' * 60_000_000")], {}, 0)
    assert taken.seconds >= 0.3
    assert taken.peak_mib > 60


def test_steps_add_up():
    assert sample([python("import time; time.sleep(0.2)")] * 2, {}, 0).seconds >= 0.4


def test_an_unexpected_exit_code_ends_the_benchmark():
    with pytest.raises(SystemExit, match="exit code 3, expected 0"):
        sample([python("raise SystemExit(3)")], {}, 0)


def test_commands_take_turns_and_the_first_round_is_not_counted(tmp_path):
    log = tmp_path / "log"
    commands = {name: ([python(f"open({str(log)!r}, 'a').write({name!r})")], 0) for name in "ab"}
    assert set(interleaved(commands, {}, rounds=2)) == {"a", "b"}
    assert log.read_text() == "ababab"


@pytest.mark.parametrize(("ours", "kept"), [(1.5, True), (1.51, False)])
def test_a_limit_is_kept_up_to_its_value(ours, kept):
    row = Row("ours", ours, "theirs", 1.0, 1.5)
    assert row.kept is kept
    assert str(row).endswith("| yes |" if kept else "| **no** |")
