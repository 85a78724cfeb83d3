"""The guide's incident on the lab, cured, watched and verified: its report tells it from beginning to end."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from runbook_lib import fixing, runs, verifying
from runbook_lib.archive import journal
from runbook_lib.following import Record, follow
from runbook_lib.look import look
from tests import in_process
from tests.lab_fixing import Start, given

TOLD = {
    "ko": (
        *(
            "ECS 런북 · 포스트모템",
            "momentir-cx-llm-service 배포 멈춤",
            "원인을 4개 찾았습니다.",
            "변경을 4개 적용했습니다: 파일 수정, ",
        ),
        *("배포 시작 → 새 배포 완료", "이미지 태그 없음", "다중 배포 충돌", "미설정"),
        *("동작 확인을 통과했습니다.", "momentir-cx-llm:3 배포 시작"),
    ),
    "en": (
        *("ECS runbook · postmortem", "stuck deployment of momentir-cx-llm-service", "4 causes were found."),
        *("deployment began → new one completed", "The check by HTTP passed."),
    ),
}


# Of each change old and new values, those of the environment masked, and the command with the names it was made with.
CHANGED = (
    "-llm:latest\n+ 123456789012.dkr.ecr.ap-northeast-2.amazonaws.com/momentir-cx-llm:bfea2cf646ba4eb2",
    'getcode() == 200" || exit 1\n+ python',
    '- {"name": "LANGSMITH_TRACING", "value": "***"}\n',
    "- momentir-cx-llm:3\n+ momentir-cx-llm:4\n",
    "  --task-definition momentir-cx-llm:4 \\\n  --force-new-deployment \\\n",
    "aws ecs register-task-definition \\\n",
    "aws ecs stop-task \\\n",
)


def test_the_guides_incident_is_told_after_it_was_cured(own_lab: Start, tmp_path: Path) -> None:
    lab = own_lab("guide")
    asked = given(lab, outputs=str(tmp_path / "out"), incident_id="new", verify_tries=1)
    folder = runs.record(look(asked), asked, "diagnose")
    asked = asked.model_copy(update={"incident_id": folder.name})
    assert fixing.apply(asked, fixing.plan(asked).plan.digest).good
    assert follow(asked, Record(asked, "watch", pytest.fail), lambda _: None, lab.advance).word == "completed"
    assert verifying.record(verifying.verify(asked), asked, "verify").closed
    done = in_process.archived("90_postmortem", asked.model_copy(update={"incident_id": ""}))
    assert done.ok
    assert done.folder.parent == folder
    for lang, told in TOLD.items():
        source = (done.folder / f"report.{lang}.html").read_text(encoding="utf-8")
        text = " ".join(re.sub(r"<[^>]+>", " ", source.replace("<code>", "").replace("</code>", "")).split())
        assert [words for words in told if words not in text] == []
        lengths = re.findall(
            r"(?:까지|Time to \w+) (?:(\d+)(?:분| min) ?)?(?:(\d+)(?:초| s))? (?:배포|감지|dep|det)", text
        )
        detect, fix, recover = (int(minutes or 0) * 60 + int(seconds or 0) for minutes, seconds in lengths[:3])
        assert abs(detect - 18 * 60) < 30
        assert fix < 60
        assert detect < recover < detect + 6 * 60
        assert len(source.encode()) < 300_000
    assert [words for words in CHANGED if words not in (done.folder / "report.en.md").read_text("utf-8")] == []


def test_a_report_while_no_target_is_healthy_says_so_and_later_ones_remember_it(own_lab: Start, tmp_path: Path) -> None:
    lab = own_lab("guide")
    asked = given(lab, outputs=str(tmp_path / "out"), incident_id="new", verify_tries=1)
    folder = runs.record(look(asked), asked, "diagnose")
    asked = asked.model_copy(update={"incident_id": folder.name})
    assert fixing.apply(asked, fixing.plan(asked).plan.digest).good
    lab.advance(40)
    during = runs.archive(look(asked), asked, folder)
    assert follow(asked, Record(asked, "watch", pytest.fail), lambda _: None, lab.advance).word == "completed"
    after = runs.archive(look(asked), asked, folder)
    for run in (during, after):
        source = (run / "report.en.md").read_text(encoding="utf-8")
        assert "there was no healthy target" in source
        assert "None seen" not in source
    source = (during / "report.en.md").read_text(encoding="utf-8")
    told = ("Incident report: the fix of `momentir-cx-llm-service` is being deployed", "not recovered yet")
    assert [words for words in told if words not in source] == []
    assert "postmortem" not in source.split("## 1.")[0].lower()
    noted = [e.data.get("targets") for e in journal.read(folder).entries if e.text("phase") == "end"]
    assert [found["healthy"] for found in noted] == [0]
