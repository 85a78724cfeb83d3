"""Where scenarios come from: the lab's own, or a file anywhere; what is wrong in one is told with file and line."""

import difflib
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from runbook_lib.lab import DRAWN, drawing
from runbook_lib.lab.errors import LabError
from runbook_lib.lab.scenario import Scenario

FOLDER = Path(__file__).parent / "scenarios"
Place = list[int | str]
_NAMES = ("cluster", "service")


class _Loader(yaml.CSafeLoader):
    """Refuses a key that stands twice in a mapping, of which YAML's own loader takes the last one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        for place, (key, _) in enumerate(node.value):
            if key.value in keys[:place]:
                twice = f"{key.value} stands twice"
                raise yaml.constructor.ConstructorError(problem=twice, problem_mark=key.start_mark)
        return super().construct_mapping(node, deep)


def names() -> tuple[str, ...]:
    """Return the names of the scenarios that come with the lab; what only others extend begins with an underscore."""
    return tuple(sorted(path.stem for path in FOLDER.glob("[!_]*.yaml")))


def load(name_or_file: str | Path, seed: int = 0) -> Scenario:
    """Load a scenario by its name or from a file, or draw one of `lab.DRAWN` by a seed.

    Raises `LabError` ``unknown-scenario`` or ``bad-scenario``.
    """
    path = _path(str(name_or_file))
    if str(name_or_file) not in DRAWN:
        return _read(path)
    drawn = drawing.draw(str(name_or_file), seed, _whole(path))
    return _validated(path, str(name_or_file), drawn)


def problem(scenario: str | Path, place: Place, words: str) -> LabError:
    """Return the error that says what is wrong at a place of a scenario, which may stand in one that it extends."""
    path = _path(str(scenario))
    for file in _chain(path):
        text = file.read_text(encoding="utf-8")
        if place[0] in yaml.load(text, Loader=yaml.CSafeLoader):
            return LabError("bad-scenario", file=str(file), line=_line(text, place), problem=words)
    return LabError("bad-scenario", file=str(path), line=1, problem=words)


def _path(name_or_file: str) -> Path:
    known = (*names(), *DRAWN)
    own = FOLDER / f"{Path(name_or_file).name}.yaml"
    if name_or_file == own.stem and own.is_file():
        return own
    if name_or_file in DRAWN:
        return FOLDER / f"{drawing.CATALOGUE}.yaml"
    path = Path(name_or_file)
    if path.is_file():
        return path
    nearest = difflib.get_close_matches(name_or_file, known, 1)
    raise LabError("unknown-scenario", name=name_or_file, known=known, nearest=nearest[0] if nearest else None)


@cache
def _read(path: Path) -> Scenario:
    return _validated(path, str(path) if path.parent != FOLDER else path.stem, _whole(path))


def _whole(path: Path) -> dict[str, Any]:
    """Return a scenario's document with all that it extends."""
    document: dict[str, Any] = {}
    for file in reversed(_chain(path)):
        document = _joined(document, {key: value for key, value in _document(file).items() if key != "extends"})
    return document


def _validated(path: Path, name: str, document: dict[str, Any]) -> Scenario:
    document = _named(document, {key: document.get(key) for key in _NAMES})
    try:
        return Scenario.model_validate({**document, "name": name})
    except ValidationError as error:
        raise _refusal(path, error) from error


def _refusal(path: Path, error: ValidationError) -> LabError:
    """Return the first thing that is wrong; what concerns several keys begins with the name of one of them."""
    first = error.errors()[0]
    words = first["msg"].removeprefix("Value error, ")
    place = [part for part in first["loc"] if part != "[key]"]
    if not place:
        return problem(path, [words.partition(":")[0]], words)
    return problem(path, place, f"{'.'.join(map(str, place))}: {words}")


def _chain(path: Path) -> list[Path]:
    """Return a scenario's file and those that it extends, the farthest last."""
    found = [path]
    while base := _document(found[-1]).get("extends"):
        if not isinstance(base, str):
            raise LabError("bad-scenario", file=str(found[-1]), line=1, problem="extends: give one name")
        beside = found[-1].parent / base
        found.append(beside if beside.is_file() else _path(base))
        if found[-1] in found[:-1]:
            raise LabError("bad-scenario", file=str(path), line=1, problem=f"extends: {base} extends itself")
    return found


@cache
def _document(path: Path) -> dict[str, Any]:
    try:
        document = _Loader(path.read_text(encoding="utf-8")).get_single_data()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise LabError("bad-scenario", file=str(path), line=line, problem=str(error.problem)) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise LabError("bad-scenario", file=str(path), line=1, problem="this is no text") from error
    if not isinstance(document, dict) or not all(isinstance(key, str) for key in document):
        raise LabError("bad-scenario", file=str(path), line=1, problem="a scenario is a mapping")
    return document


def _joined(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Put a scenario over the one that it extends: mappings are joined name by name, anything else is replaced."""
    joined = {
        key: {**base[key], **value} if isinstance(value, dict) and isinstance(base.get(key), dict) else value
        for key, value in over.items()
    }
    return {**base, **joined}


def _named(value: Any, names: dict[str, Any]) -> Any:
    """Put the scenario's cluster and service where ``${cluster}`` and ``${service}`` stand, in keys as in values."""
    if isinstance(value, dict):
        return {_named(key, names): _named(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [_named(item, names) for item in value]
    if isinstance(value, str):
        for name, given in names.items():
            value = value.replace(f"${{{name}}}", str(given))
    return value


def _line(text: str, place: Place) -> int:
    """Return the line (from 1) of a key; the line of its nearest known parent where it is absent."""
    node = yaml.compose(text, Loader=yaml.CSafeLoader)
    line = 1
    for part in place:
        if isinstance(node, yaml.MappingNode):
            pair = next(((key, value) for key, value in node.value if key.value == str(part)), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            pair = (node.value[part], node.value[part])
        else:
            pair = None
        if pair is None:
            break
        line, node = pair[0].start_mark.line + 1, pair[1]
    return line
