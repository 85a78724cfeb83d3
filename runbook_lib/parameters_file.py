"""A service's parameters file: where it lies, what it would say, and writing it without touching what else is there."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import yaml

from runbook_lib.archive.store import create, safe
from runbook_lib.aws.account import region_of
from runbook_lib.errors import InputError, RunbookError
from runbook_lib.parameters import Parameters, from_file, home, layered
from runbook_lib.text import LANGUAGES, say
from runbook_lib.text.visible import unseen

FOLDER = "parameters"
_SCHEMA = "parameters.schema.json"
_REACHED_BY = ("endpoint_url", "credentials", "connect_to")
# The names that are written, and the comment above each, where it has one.
_NAMES = {
    "cluster": "service", "service": "", "region": "", "profile": "profile",
    "endpoint_url": "endpoint", "credentials": "", "connect_to": "connect", "lang": "lang",
}  # fmt: skip
_LONGEST = 200  # bytes of a file's name without its ending


@dataclass(frozen=True)
class Draft:
    """A parameters file as it would be; ``before`` is what stands there now, None where there is none yet."""

    path: Path
    text: str
    before: str | None = None

    @property
    def saved(self) -> bool:
        """Whether the file says all this already."""
        return self.text == self.before

    @property
    def name(self) -> str:
        """The file as a person finds it: ``parameters/api.yaml``."""
        return f"{FOLDER}/{self.path.name}"


def draft(given: Parameters) -> Draft:
    """The file about the service of these parameters: the one that there is with their values, else a new one.

    A file that is about another service, or that cannot be read, is left alone.

    Raises
    ------
    InputError
        The service's file cannot be changed line by line.
    """
    folder, values = home() / FOLDER, _values(given)
    path = _existing(folder, given)
    if path:
        before = _raw(path)
        return Draft(path, _changed(path, before, values), before)
    free = next(path for path in _free(folder, given) if not os.path.lexists(path))
    return Draft(free, _new(values, schema=(folder / _SCHEMA).is_file()))


def write(new: Draft) -> None:
    """Writes a draft: a reader meets the old file or the new one, never half.

    Raises
    ------
    InputError
        It cannot be written, or the file is not what it was when the draft was made.
    """
    if new.saved:
        return
    with _writing(new.path):
        new.path.parent.mkdir(parents=True, exist_ok=True)
        done = create(new.path, new.text) if new.before is None else _replaced(new)
    if not done:
        raise InputError("parameters-changed", file=str(new.path))


def _replaced(new: Draft) -> bool:
    path = new.path.resolve()  # a link goes on pointing where it did
    if _raw(path) != new.before:
        return False
    beside = path.with_name(f".{path.name}.{secrets.token_hex(3)}")
    try:
        with beside.open("xb") as file:
            file.write(new.text.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())
        beside.chmod(path.stat().st_mode & 0o777)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return True


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError("parameters-unwritable", file=str(path), problem=error.strerror or "") from error


def _values(given: Parameters) -> dict[str, str]:
    """What is written: always where the service is; the address only where it is another than AWS's own.

    ``connect_to`` belongs to how the lab is reached; a real service's tunnel is of the moment.
    """
    out = {name: str(getattr(given, name)) for name in _NAMES}
    return out if given.credentials == "lab" else out | {"connect_to": ""}


def _about(given: Parameters) -> tuple[str, ...]:
    """What two files about one service have in common: the lab has services of the same names as the real AWS."""
    region = given.region or region_of(given.profile)
    return given.cluster, given.service, region, given.endpoint_url, given.credentials


def _existing(folder: Path, given: Parameters) -> Path | None:
    """The file about the service, the one of its name first."""
    files = sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")], key=lambda p: (p.stem != given.service, p.name))
    return next((path for path in files if (read := _read(path)) and _about(read) == _about(given)), None)


def _read(path: Path) -> Parameters | None:
    try:
        return layered([from_file(path)])
    except RunbookError:
        return None


def _free(folder: Path, given: Parameters) -> Iterator[Path]:
    """Names for a new file, from the shortest on."""
    region = given.region or region_of(given.profile)
    where = [given.service, f"{given.cluster}--{given.service}", f"{given.cluster}--{given.service}--{region}"]
    yield from (folder / f"{safe(name, _LONGEST)}.yaml" for name in where)
    yield from (folder / f"{safe(where[-1], _LONGEST)}--{number}.yaml" for number in count(2))


def _new(values: Mapping[str, str], *, schema: bool) -> str:
    lines = [f"# yaml-language-server: $schema={_SCHEMA}"] if schema else []
    lines.append(_comment("new"))
    for name, value in values.items():
        if value:
            lines += [_comment(_NAMES[name])] if _NAMES[name] else []
            lines.append(_line(name, value))
    return "\n".join([*lines, ""])


def _comment(key: str) -> str:
    return "# " + " · ".join(say(f"starting.file.{key}", lang) for lang in LANGUAGES)


def _line(name: str, value: str) -> str:
    return f"{name}: {_scalar(value)}"


def _scalar(value: str) -> str:
    """A text as YAML reads it back: ``on``, ``123`` and ``null`` are names that a service can have."""
    plain = yaml.safe_dump(value, width=float("inf"), allow_unicode=True).removesuffix("...\n").removesuffix("\n")
    return json.dumps(value) if unseen(plain) else plain


def _raw(path: Path) -> str:
    """The text with its line ends and its byte order mark."""
    return path.read_bytes().decode("utf-8")


def _changed(path: Path, before: str, values: Mapping[str, str]) -> str:
    """The text with other values; every other line, its order and its comments are as they were.

    Raises
    ------
    InputError
        It would not say what is meant.
    """
    stands = _scalars(before)
    text = before
    for name, (start, end, old) in sorted(stands.items(), key=lambda item: item[1][0], reverse=True):
        if old != values.get(name, old):
            text = text[:start] + _after(text[:start], _scalar(values[name])) + text[end:]
    new = [_line(name, value) for name, value in values.items() if value and name not in stands]
    text = _with_lines(text, new, "\r\n" if "\r\n" in before else "\n")
    if not _says(text, before, values):
        raise InputError("parameters-not-by-line", file=str(path))
    return text


def _after(head: str, scalar: str) -> str:
    """A value where an empty one stood may need its space: ``region:``."""
    return scalar if head.endswith((" ", "\t")) else f" {scalar}"


def _with_lines(text: str, lines: list[str], end: str) -> str:
    if not lines:
        return text
    return (text if not text or text.endswith("\n") else text + end) + "".join(line + end for line in lines)


def _scalars(text: str) -> dict[str, tuple[int, int, str]]:
    """Where the values of our names stand at the top of a file: from, to, and what they say."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)  # the one whose marks count characters, whatever they are
    pairs = root.value if isinstance(root, yaml.MappingNode) else ()
    found = {str(key.value): value for key, value in pairs if isinstance(value, yaml.ScalarNode)}
    tree = _tree(text)
    return {
        name: (node.start_mark.index, node.end_mark.index, "" if tree[name] is None else str(tree[name]))
        for name, node in found.items()
        if name in _NAMES
    }


def _says(text: str, before: str, values: Mapping[str, str]) -> bool:
    """Whether a text says these values, and for the rest what it said before."""
    try:
        new, old = _tree(text), _tree(before)
    except (yaml.YAMLError, ValueError):
        return False
    ours = all((new.get(name) or "") == value for name, value in values.items())
    return ours and {k: v for k, v in new.items() if k not in values} == {
        k: v for k, v in old.items() if k not in values
    }


def _tree(text: str) -> dict[str, Any]:
    found = yaml.load(text, Loader=yaml.CSafeLoader)
    return found if isinstance(found, dict) else {}
