"""Words stand side by side in both languages, say the same, and can be filled in."""

import ast
import re
from collections.abc import Callable
from string import Formatter

import yaml

from runbook_lib import errors, text
from tests.contract.source import PACKAGE, shown, tracked, tree

HANGUL = re.compile(r"[가-힣ㄱ-ㅎㅏ-ㅣ]")
# A particle's form depends on the sound before it, which a template cannot know: no value stands before one.
PARTICLES = "은|는|이|가|을|를|와|과|의|에|에서|에게|로|으로|도|만|부터|까지|이며|이고|입니다"
VALUE_AND_PARTICLE = re.compile(r"\}[`’”\"')\]]*(?:" + PARTICLES + r")(?![가-힣])")
EITHER_PARTICLE = re.compile(r"(?:은\(는\)|이\(가\)|을\(를\)|와\(과\)|\(으\)로|는\(은\)|가\(이\)|를\(을\)|과\(와\))")


def leaves(prefix: str, node: object) -> list[tuple[str, dict]]:
    assert isinstance(node, dict), f"{prefix} is no mapping"
    if any(not isinstance(value, dict) for value in node.values()):
        return [(prefix, node)]
    return [leaf for name, below in node.items() for leaf in leaves(f"{prefix}.{name}", below)]


TEXTS = dict(
    leaf
    for path in tracked("runbook_lib/text/*.yaml")
    for leaf in leaves(path.stem, yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader))
)


def placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


def error_calls() -> list[tuple[str, str, set[str] | None]]:
    """Where an error is raised: place, key, and the names of its facts (None where they are not written out)."""
    kinds = {
        name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, errors.RunbookError)
    }
    return [
        (f"{shown(path)}:{node.lineno}", node.args[0].value, facts(node))
        for path in PACKAGE
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and called(node) in kinds and node.args and isinstance(node.args[0], ast.Constant)
    ]


def called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def facts(node: ast.Call) -> set[str] | None:
    names = [keyword.arg for keyword in node.keywords]
    # A fact `x_key` names a text, which fills in `x`.
    return None if None in names else {str(name).removesuffix("_key") for name in names}


def test_there_are_words():
    assert TEXTS


def broken(fails: Callable[[dict], bool]) -> list[str]:
    """The keys whose words fail; one test a rule, since a test a key would be thousands."""
    return [key for key, words in TEXTS.items() if fails(words)]


def test_both_languages_are_there_and_say_something():
    assert not broken(lambda words: set(words) != {"ko", "en"} or not all(str(s or "").strip() for s in words.values()))


def test_both_languages_take_the_same_values():
    assert not broken(lambda words: placeholders(words["ko"]) != placeholders(words["en"]))


def test_a_placeholder_has_a_name():
    assert not broken(lambda words: not all(name.isidentifier() for name in placeholders(words["ko"])))


def test_the_english_holds_no_korean():
    assert not broken(lambda words: bool(HANGUL.search(words["en"])))


def test_no_particle_hangs_on_a_value():
    assert not broken(lambda words: bool(VALUE_AND_PARTICLE.search(words["ko"])))
    assert not broken(lambda words: bool(EITHER_PARTICLE.search(words["ko"])))


def test_the_library_finds_the_words_under_the_same_key():
    assert [key for key in TEXTS if not text.has(key)] == []


def test_a_particle_after_a_value_is_found():
    assert VALUE_AND_PARTICLE.search("`{tag}`가 없습니다")
    assert not VALUE_AND_PARTICLE.search("태스크 {count}개 · {minutes}분째 · `{tag}` 태그가 없습니다")


def test_an_error_has_its_sentence_and_the_values_for_it():
    calls = error_calls()
    assert calls
    assert [f"{place}: no words for errors.{key}" for place, key, _ in calls if not TEXTS.get(f"errors.{key}")] == []
    lacking = [
        (place, key, placeholders(TEXTS[f"errors.{key}"]["en"]) - given)
        for place, key, given in calls
        if given is not None and not placeholders(TEXTS[f"errors.{key}"]["en"]) <= given
    ]
    assert lacking == []
