"""What no tracked file may hold. The needles are put together here so that this file does not hold them itself."""

import re

import pytest

from tests.contract.source import ROOT, shown, tracked

TEXTS = tuple(path for path in tracked() if b"\0" not in path.read_bytes())
PYTHON = tracked("*.py")

FOREIGN = {
    "the real account of the guide": "9404" + "82450816",
    "a machine path": r"/(?:work|root|home|Users)" + r"/[a-z]",
    "a package index": r"--(?:extra-)?index" + "-url|" + r"https?://[^\s)\"'>]*/sim" + "ple",
    "a registry host": "py" + r"pi\.org|file" + r"s\.pythonhosted|anacon" + r"da\.org|registry\.np" + "mjs",
}
UNFINISHED = {
    "a silenced linter": "no" + "qa|pragma: no " + "cover|nos" + "ec",
    "a silenced type checker": "type: " + "ignore",
    "something to be done": "TO" + "DO|FIX" + "ME|XX" + "X|NotImplemented" + "Error",
    "a skipped test": r"pytest\.(?:skip|importorskip)|mark\." + r"(?:skip|xfail)|unittest\.skip",
}
# Without a browser its tests cannot run; in CI this one skip is a failure (tests/project/test_browser_tests.py).
ALLOWED = {"a skipped test": ["tests/browser/conftest.py"]}


def hits(pattern: str, paths) -> list[str]:
    return [
        f"{shown(path)}:{number}: {line.strip()[:100]}"
        for path in paths
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(pattern, line)
    ]


@pytest.mark.parametrize("pattern", FOREIGN.values(), ids=FOREIGN)
def test_no_tracked_file_names(pattern):
    assert hits(pattern, TEXTS) == []


@pytest.mark.parametrize("name", UNFINISHED)
def test_no_python_file_has(name):
    found = [hit.partition(":")[0] for hit in hits(UNFINISHED[name], PYTHON)]
    assert found == ALLOWED.get(name, [])


def test_what_runs_leave_behind_is_not_tracked():
    left = re.compile(r"\.ipynb_checkpoints|__pycache__|\.egg-info|(^|/)outputs/(?!\.gitkeep)")
    assert [shown(path) for path in tracked() if left.search(shown(path))] == []


def test_the_licence_is_there_in_full():
    text = (ROOT / "LICENSE").read_text()
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text
