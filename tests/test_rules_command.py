"""``ecs-runbook rules``: the catalogue for a person in either language and for a program."""

import json
import re

import pytest

from runbook_lib.diagnosis.rules import RULES
from tests.command import ecs_runbook

HANGUL = re.compile("[가-힣]")
RANKED = [rule.id for rule in sorted(RULES, key=lambda rule: rule.severity)]


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_the_list_names_every_rule_in_the_order_in_which_they_lead(lang):
    done = ecs_runbook("rules", "--lang", lang)
    heads = [line.rpartition(" · ")[2] for line in done.stdout.splitlines() if line.startswith("- ")]
    assert heads == RANKED
    assert bool(HANGUL.search(done.stdout)) is (lang == "ko")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        (
            "ko",
            [
                "이미지 태그 없음 · 원인",
                "찾는 것",
                "배포에 미치는 영향",
                "알 수 없는 것",
                "조치",
                "서비스, 태스크 정의",
            ],
        ),
        ("en", ["repository · cause", "What it looks for", "Why it breaks", "Blind spots", "Fix", "Service, Task def"]),
    ],
)
def test_one_rule_is_shown_in_full(lang, said):
    done = ecs_runbook("rules", "image_tag_absent", "--lang", lang)
    assert [words for words in said if words not in done.stdout] == []
    assert "aws ecr describe-images --repository-name REPOSITORY" in done.stdout
    address = f"docs.aws.amazon.com/{'ko_kr/' if lang == 'ko' else ''}AmazonECS/latest/developerguide/"
    assert re.search(address + r"\S+\.html$", done.stdout, re.MULTILINE)
    assert done.returncode == 0


def test_programs_get_the_list_and_one_rule_as_json():
    listed = json.loads(ecs_runbook("rules", "--json").stdout)
    assert (listed["schema"], [rule["id"] for rule in listed["rules"]]) == (1, RANKED)
    keys = {"id", "title", "role", "label", "labels", "severity", "needs", "uses", "deeper"}
    assert {frozenset(rule) for rule in listed["rules"]} == {frozenset(keys)}
    one = json.loads(ecs_runbook("rules", "deployments_overlapping", "--json", "--lang", "en").stdout)
    assert set(one) == keys | {"schema", "looks_for", "breaks", "blind", "fix", "explains", "guide", "references"}
    assert (one["label"], one["needs"], one["deeper"]) == (
        "deployments-overlapping",
        ["service"],
        ["service_revisions"],
    )


def test_a_name_with_dashes_is_the_rule_too():
    assert "image_tag_absent" in ecs_runbook("rules", "image-tag-absent").stdout


def test_a_label_lists_the_rules_that_can_give_it():
    listed = json.loads(ecs_runbook("rules", "image-not-found", "--json").stdout)
    assert next(iter(listed["rules"]))["id"] == "image_tag_absent"
    assert all("image-not-found" in rule["labels"] for rule in listed["rules"])


@pytest.mark.parametrize(
    ("name", "near", "lang"),
    [
        ("image_tag_absnt", "`image_tag_absent`", "en"),
        ("zz", "Known are: network_path_absent, ", "en"),
        ("zz", "없는 규칙", "ko"),
    ],
)
def test_a_rule_that_there_is_not_is_named_with_the_nearest(name, near, lang):
    done = ecs_runbook("rules", name, "--lang", lang)
    assert (done.returncode, done.stdout) == (2, "")
    assert near in done.stderr
    assert name in done.stderr
