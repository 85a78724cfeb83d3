"""The practice pages: their commands are run once, as a reader would, against a lab with the AWS CLI and curl."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from runbook_lib import lab
from tests.command import clean_environment
from tests.programs import Programs

DOCS = Path(__file__).parents[1] / "docs"
NAMES = {"en": "practice.md", "ko": "practice.ko.md"}
PAGES = {lang: (DOCS / name).read_text(encoding="utf-8") for lang, name in NAMES.items()}
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
_END = "@@ end of block @@"
# What differs from run to run, and how wide a column is for it.
_MASKS = (
    (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "UUID"),
    (r"\b[0-9a-f]{32}\b", "ID"),
    (r"sha256:[0-9a-f]{64}", "DIGEST"),
    (r"\b\d{12}\b", "ACCOUNT"),
    (r"\b\d{10}\.\d+\b|\b\d{4}-\d\d-\d\dT\S+", "MOMENT"),
    (r"\b\d\d:\d\d:\d\d\b", "TIME"),
    (r"-{2,}", "-"),
    (r"[ \t\r]+", " "),
)


def blocks(page: str) -> list[tuple[str, str]]:
    """Language and text of each code block."""
    return [(match[1], match[2]) for match in _BLOCK.finditer(page)]


def steps(page: str) -> list[tuple[str, str]]:
    """Each command with the output that the page shows for it, empty where it shows none."""
    found = blocks(page)
    following = [*found[1:], ("", "")]
    return [
        (text, after if kind == "text" else "")
        for (lang, text), (kind, after) in zip(found, following, strict=True)
        if lang == "bash"
    ]


def masked(text: str) -> list[str]:
    for pattern, name in _MASKS:
        text = re.sub(pattern, name, text)
    return [line.strip() for line in text.splitlines() if line.strip()]


def shows(output: str, shown: str) -> bool:
    """Whether the output has the page's lines in order; there ``...`` stands for lines left out, ``…`` for words."""
    wanted = [line for line in masked(shown) if line != "..."]
    patterns = [re.compile(".*".join(map(re.escape, line.split("…")))) for line in wanted]
    lines = iter(masked(output))
    return all(any(pattern.fullmatch(line) for line in lines) for pattern in patterns)


def test_both_languages_show_the_same_commands_and_outputs() -> None:
    assert blocks(PAGES["ko"]) == blocks(PAGES["en"])
    assert len(steps(PAGES["en"])) >= 18


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory, programs: Programs) -> list[str]:
    """What each command of the page printed, run in order in one shell on the guide's incident."""
    folder = tmp_path_factory.mktemp("practice")
    script = "exec 2>&1\n" + "".join(f"{command}echo '{_END}'\n" for command, _ in steps(PAGES["en"]))
    with lab.start("guide", folder=folder) as running:
        environment = clean_environment() | {
            "AWS_ENDPOINT_URL": running.endpoint_url, "AWS_DEFAULT_REGION": running.region,
            "AWS_ACCESS_KEY_ID": "lab", "AWS_SECRET_ACCESS_KEY": "lab", "AWS_PAGER": "",
            "AWS_CONFIG_FILE": str(folder / "none"), "ECS_RUNBOOK_ENDPOINT_URL": running.endpoint_url,
            "PATH": os.pathsep.join([str(programs.folder), str(Path(sys.executable).parent), os.environ["PATH"]]),
        }  # fmt: skip
        done = subprocess.run(
            ["bash", "-c", script], env=environment, cwd=folder, capture_output=True, text=True, check=False
        )
    return done.stdout.split(f"{_END}\n")[:-1]


def test_every_command_prints_what_the_page_shows(outputs: list[str]) -> None:
    shown = steps(PAGES["en"])
    assert len(outputs) == len(shown)
    wrong = [pair for pair, output in zip(shown, outputs, strict=True) if not shows(output, pair[1])]
    assert wrong == []


def test_a_page_that_shows_something_else_would_be_found(outputs: list[str]) -> None:
    shown = steps(PAGES["en"])
    assert not shows(outputs[0], shown[0][1].replace("IN_PROGRESS", "COMPLETED"))
    assert not shows(outputs[4], "||  latest  ||")
