"""pyproject.toml says what is needed; environment.yml and requirements.lock must say the same."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
# PyPI name -> conda-forge name, where they differ.
CONDA_NAMES = {"playwright": "playwright-python"}


def wanted() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    return [Requirement(line) for line in [*project["dependencies"], *(line for extra in extras for line in extra)]]


def python_range() -> str:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]


def conda() -> dict[str, str]:
    lines = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    pip = [line for entry in lines if isinstance(entry, dict) for line in entry["pip"]]
    parsed = [Requirement(line) for line in [*(entry for entry in lines if isinstance(entry, str)), *pip]]
    return {requirement.name: str(requirement.specifier) for requirement in parsed}


def locked() -> dict[str, list[str]]:
    versions: dict[str, list[str]] = {}
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", (ROOT / "requirements.lock").read_text(), re.M):
        versions.setdefault(canonicalize_name(name), []).append(version)
    return versions


@pytest.mark.parametrize("requirement", wanted(), ids=lambda r: r.name)
def test_a_dependency_has_the_same_range_for_conda(requirement):
    name = CONDA_NAMES.get(requirement.name, requirement.name)
    assert conda().get(name) == str(requirement.specifier)


@pytest.mark.parametrize("requirement", wanted(), ids=lambda r: r.name)
def test_a_dependency_is_locked_within_its_range(requirement):
    versions = locked().get(canonicalize_name(requirement.name), [])
    assert versions
    assert [v for v in versions if not requirement.specifier.contains(v, prereleases=True)] == []


def test_conda_has_nothing_that_the_project_does_not_ask_for():
    names = {CONDA_NAMES.get(r.name, r.name) for r in wanted()}
    assert set(conda()) - names == {"python", "pip"}
    assert conda()["python"] == python_range()


def test_every_line_of_the_lock_is_a_version_with_hashes():
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    package = re.compile(r"[a-z0-9][a-z0-9._-]*==[^ ]+( ; [^:]+)? \\$")
    strays = [
        line for line in lines if not package.match(line) and not re.match(r"    --hash=sha256:[0-9a-f]{64}", line)
    ]
    assert strays == []


@pytest.mark.parametrize("name", ["requirements.lock", "environment.yml", "pyproject.toml", "Makefile", ".ci/run"])
def test_no_package_address_is_written_down(name):
    assert (
        re.findall(r"https?://|file://|--(?:index|extra-index|find-links|trusted-host)\S*", (ROOT / name).read_text())
        == []
    )
