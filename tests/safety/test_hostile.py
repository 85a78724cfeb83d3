"""Hostile text in whatever AWS answers stays text: in pages, notebooks, terminals and paths, in both languages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runbook_lib.diagnosis.engine import Diagnosis, judge
from runbook_lib.evidence.model import Evidence
from runbook_lib.evidence.serialisation import dumps, loads
from runbook_lib.report import sections
from runbook_lib.report.commands import CommandOptions
from runbook_lib.report.context import Context
from runbook_lib.report.machine import as_json
from runbook_lib.report.page import html
from runbook_lib.report.render import Section
from runbook_lib.text.visible import one_line, unseen, visible_json
from tests import in_process
from tests.command import ecs_runbook
from tests.report.page_parser import Page, parse
from tests.safety.hostile import ALL_IN_ONE, FORGED, HOSTILE, incident, poisoned

WHERE = ("words", "names", "states")
# The words of AWS stand in sentences of both languages; names and states stand in the same cells in either.
PLACES = [(name, "words", ("ko", "en")[number % 2]) for number, name in enumerate(HOSTILE)]
PLACES += [(name, where, "ko") for name in HOSTILE for where in ("names", "states")]
everywhere = pytest.mark.parametrize(("name", "where", "lang"), PLACES, ids=["-".join(place) for place in PLACES])
QUIET = "quiet"


def hostile(name: str, where: str, lang: str) -> tuple[Diagnosis, Evidence, Context]:
    """The guide's incident with a text in it, and how it is shown; ``name`` may be ``quiet``."""
    text = HOSTILE.get(name, QUIET)[: 1_000_000 if where == "words" else 10_000]  # a name stands in hundreds of places
    evidence = poisoned(incident(), text, where)
    return judge(evidence), evidence, Context(lang, commands=CommandOptions(task_definition_file=text[:200]))


def shown(*about: object) -> list[Section]:
    """Every section that a notebook can show."""
    return [getattr(sections, name)(*about) for name in sections.__all__]


def hidden(text: str) -> bool:
    """Whether a text of several lines holds what cannot be seen."""
    return unseen(text.replace("\n", "").replace("\t", ""))


def kinds(found: Page) -> set[tuple[str, ...]]:
    """Every kind of element with the names of its attributes."""
    return {(tag, *sorted(attributes)) for tag, attributes in found.starts}


@pytest.fixture(scope="module")
def known() -> set[tuple[str, ...]]:
    """The elements of pages and sections in which no text is hostile."""
    made = [hostile(QUIET, where, lang) for where in WHERE for lang in ("ko", "en")]
    made += [(judge(found), found, Context("en")) for found in (incident(), incident("healthy"))]
    sources = (source for about in made for source in (html(*about), *(section.html for section in shown(*about))))
    return {kind for source in sources for kind in kinds(parse(source))}


@everywhere
def test_no_text_becomes_an_element_an_attribute_a_control_character_or_a_forged_line(known, name, where, lang):
    about = hostile(name, where, lang)
    parts = shown(*about)
    for part in parts:
        lines = part.text.split("\n")
        assert [line for line in lines if unseen(line)] == []
        assert [line for line in lines if line.startswith(FORGED)] == []
        assert part.text.encode("utf-8")
    for source in (html(*about), *(part.html for part in parts)):
        found = parse(source)
        assert kinds(found) <= known
        assert (found.unbalanced, found.open) == ([], [])
        links = {attributes["href"] for _, attributes in found.starts if "href" in attributes}
        assert {link for link in links if not link.startswith(("#", "https://docs.aws.amazon.com/"))} == set()
        assert not hidden(source)
        assert len(source) < 600_000


@pytest.mark.parametrize("name", [name for name, text in HOSTILE.items() if len(text) < 200])
def test_what_aws_said_can_be_read_as_it_was(name):
    about = hostile(name, "words", "en")
    page = " ".join(parse(html(*about)).text().split())
    assert " ".join(one_line(HOSTILE[name]).replace(r"\n", " ").replace(r"\t", " ").split()) in page.replace(r"\n", " ")


@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize("name", HOSTILE)
def test_evidence_and_verdicts_keep_the_whole_and_hide_nothing(name, where):
    diagnosis, evidence, _ = hostile(name, where, "en")
    assert loads(dumps(evidence)) == evidence
    assert dumps(evidence).encode("utf-8")
    printed = visible_json(as_json(diagnosis, evidence, "en"))
    assert not hidden(printed)
    assert json.loads(printed)["target"]["service"] == evidence.target.service


@pytest.mark.parametrize("name", ["long", "long word and lines"])
def test_what_is_endless_is_cut_with_a_note_of_how_much(name):
    about = hostile(name, "words", "en")
    for told in (html(*about), sections.task_details(*about).text):
        assert "2,000 of 1,0" in " ".join(told.split())


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Evidence of a hostile endpoint, in a file."""
    path = tmp_path_factory.mktemp("saved") / "evidence.json"
    made = poisoned(poisoned(incident(), ALL_IN_ONE, "names"), ALL_IN_ONE, "words")
    path.write_text(dumps(made), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "options", [["diagnose"], ["diagnose", "--json"], ["commands"], ["commands", "--json"]], ids=" ".join
)
@pytest.mark.parametrize("lang", ["ko", "en"])
def test_no_command_prints_what_steers_a_terminal(saved, options, lang):
    done = ecs_runbook(*options, "--evidence", saved, "--lang", lang)
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 1, 3)
    lines = (done.stdout + done.stderr).split("\n")
    assert [line for line in lines if unseen(line)] == []
    assert [line for line in lines if line.startswith("FORGED")] == []


def test_no_text_becomes_a_path_or_is_hidden_in_an_archive(saved, tmp_path, monkeypatch):
    monkeypatch.setenv("ECS_RUNBOOK_HOME", str(Path(__file__).parents[2]))
    monkeypatch.setenv("HOME", str(tmp_path))
    outputs = tmp_path / "a" / "b" / "c" / "d" / "outputs"
    code, printed = in_process.command("report", "--evidence", saved, "-p", f"outputs={outputs}", "--lang", "en")
    assert code == 0, printed
    assert not hidden(printed)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path for path in files if outputs not in path.parents and "FORGED" in path.name] == []
    assert [path for path in outputs.rglob("*") if not str(path).isascii() or unseen(str(path))] == []
    [notebook] = outputs.rglob("report.ipynb")
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    data = [text for c in cells for o in c.get("outputs", []) for text in o.get("data", {"": o.get("text")}).values()]
    assert [text for text in data if hidden("".join(text))] == []


@pytest.mark.parametrize(
    "options",
    [
        ["-p", f"{ALL_IN_ONE.replace('=', '')}=1".replace("\x00", "")],
        ["-p", f"service={ALL_IN_ONE}".replace("\x00", "")],
        ["-p", "cluster=a", "-p", "service=b", "-p", "region=c", "-p", "task_definition_file=\x1b]0;x\x07\u202e"],
        ["--evidence", "\x1b[31m\u202e\nFORGED: x"],
        ["--\x1b[31m\u202e"],
        ["--profile", "\x1b[31m\u202e", "-p", "cluster=a", "-p", "service=b", "-p", "region=eu-west-1"],
    ],
    ids=["name", "value", "file", "evidence", "option", "profile"],
)
@pytest.mark.parametrize("lang", ["ko", "en"])
def test_a_sentence_about_a_wrong_parameter_steers_no_terminal(options, lang):
    done = ecs_runbook("diagnose", *(part.encode("utf-8", "ignore").decode() for part in options), "--lang", lang)
    assert done.returncode in (2, 3)
    assert "Traceback" not in done.stderr
    assert not hidden(done.stderr)
    assert [line for line in done.stderr.split("\n") if line.startswith("FORGED")] == []


@pytest.mark.parametrize(
    "code", ["UnrecognizedClientException", "AccessDeniedException", "ClusterNotFoundException", "\x1b[31m<b>"]
)
def test_the_words_of_a_hostile_endpoint_steer_no_terminal(own_lab, code):
    lab = own_lab("healthy")
    lab.faults([{"error": code, "message": ALL_IN_ONE.encode("utf-8", "ignore").decode()}])
    done = ecs_runbook("diagnose", "--params", lab.params, "--lang", "en")
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert not hidden(done.stdout + done.stderr)
    assert [line for line in done.stderr.split("\n") if line.startswith("FORGED")] == []
