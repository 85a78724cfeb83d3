"""Writes what the matrix shows to docs/faults.md and docs/faults.ko.md: ``python -m tests.faults.write``."""

from __future__ import annotations

import sys
from pathlib import Path

from runbook_lib.diagnosis.model import Outcome
from runbook_lib.look import Look
from runbook_lib.text import template
from tests.faults import matrix
from tests.faults.matrix import FAULTS, Cell, Matrix, Seen

_DOCS = Path(__file__).parents[2] / "docs"

WORDS: dict[str, dict[str, str]] = {
    "file": {"en": "faults.md", "ko": "faults.ko.md"},
    "title": {
        "en": "# Faults\n\n[한국어](faults.ko.md)",
        "ko": "# 장애 주입 결과\n\n[English](faults.md)",
    },
    "about": {
        "en": "What a diagnosis does when an AWS call fails. Each operation that the diagnosis of the guide's incident "
        "makes meets each fault on the [lab](lab.md), over HTTP. `python -m tests.faults.write` writes this page; "
        "the tests fail where it is not what was seen.",
        "ko": "AWS 호출이 실패할 때 진단이 어떻게 되는지 보여 줍니다. 가이드의 인시던트를 진단하며 호출한 모든 작업에 "
        "[실습 환경](lab.md)에서 HTTP로 장애를 하나씩 주입했습니다. "
        "이 문서는 `python -m tests.faults.write` 명령으로 만들며, 실제 결과와 다르면 테스트가 실패합니다.",
    },
    "always": {
        "en": "In every cell: the diagnosis ends with a result or one sentence, no cause is named that is not there, "
        "nothing unread counts as passed, and the exit code is not 0 where a needed reading is missing.",
        "ko": "모든 칸에서 다음이 지켜집니다. 진단은 결과 또는 오류 문장 하나로 끝납니다. "
        "없는 원인을 지목하지 않습니다. "
        "조회하지 못한 것을 문제 없음으로 판정하지 않습니다. 필요한 조회가 빠지면 종료 코드는 0이 아닙니다.",
    },
    "readings": {"en": "## What becomes of the reading", "ko": "## 조회 결과"},
    "legend": {
        "en": "*Once* meets the first call of each operation, everything else meets all calls of that operation. "
        "✓ read, ? unread, as the table above says; a number: attempts for one call, where more than one "
        "(botocore's standard retry mode gives up after 3). "
        "One attempt waits for its answer for a sixth of the deadline (`--deadline`, 60 s), so a call that nobody "
        "answers leaves time for all the others; the look ends by the deadline in any case.",
        "ko": "“1회”는 작업마다 첫 호출에만, 나머지는 그 작업의 모든 호출에 주입했습니다. "
        "✓ 조회됨, ? 조회 못 함(이유는 위 표). 숫자는 호출 한 번에 시도한 횟수이며 두 번 이상일 때만 적습니다"
        "(botocore 표준 재시도 모드: 최대 3회). "
        "한 번의 시도는 진단 제한 시간(`--deadline`, 기본값 60초)의 6분의 1까지 응답을 기다리므로, "
        "응답 없는 호출이 있어도 나머지를 조회할 시간이 남습니다. 진단은 어떤 경우에도 제한 시간 안에 끝납니다.",
    },
    "fault": {"en": "Fault", "ko": "장애"},
    "report-says": {"en": "What the report says of the reading", "ko": "조회 결과(보고서 표시)"},
    "attempts": {"en": "Attempts", "ko": "시도 횟수"},
    "operation": {"en": "Operation", "ko": "작업(API)"},
    "action": {"en": "IAM action", "ko": "IAM 권한"},
    "denied": {"en": "No permission", "ko": "권한 없음"},
    "throttled-once": {"en": "Throttled once", "ko": "요청 제한 1회"},
    "throttled": {"en": "Throttled", "ko": "요청 제한 계속"},
    "reset-once": {"en": "Connection reset once", "ko": "연결 끊김 1회"},
    "reset": {"en": "Connection reset", "ko": "연결 끊김 계속"},
    "server-error-once": {"en": "Server error once", "ko": "서버 오류 1회"},
    "server-error": {"en": "Server error", "ko": "서버 오류 계속"},
    "slow": {"en": "Slow", "ko": "느린 응답"},
    "silent": {"en": "No answer", "ko": "응답 없음"},
    "garbled": {"en": "HTML for an answer", "ko": "응답 대신 HTML"},
    "cut": {"en": "Answer cut off", "ko": "잘린 응답"},
    "read": {"en": "read", "ko": "조회됨"},
    "unread": {"en": "unread: {why}", "ko": "조회 못 함: {why}"},
    "access-denied": {"en": "no permission", "ko": "권한 없음"},
    "throttled-reason": {"en": "throttled", "ko": "요청 제한"},
    "unreachable": {"en": "not reached", "ko": "연결 안 됨"},
    "failed": {"en": "call failed", "ko": "호출 실패"},
    "garbled-reason": {"en": "not understood", "ko": "해석할 수 없음"},
    "time-out": {"en": "time-out", "ko": "제한 시간 초과"},
    "told": {"en": "## What can still be told without a permission", "ko": "## 권한이 없을 때의 판정"},
    "told-about": {
        "en": "One IAM action is denied. The same holds where its reading is lost for another reason. "
        "All of them: `ecs-runbook policy read`.",
        "ko": "IAM 권한이 하나 없을 때의 판정입니다. "
        "다른 이유로 조회하지 못해도 판정은 같습니다. "
        "필요한 권한 전체: `ecs-runbook policy read`",
    },
    "incident": {"en": "Guide's incident: causes found", "ko": "가이드 인시던트: 찾은 원인"},
    "incident-unknown": {"en": "Guide's incident: cannot be told", "ko": "가이드 인시던트: 확인 불가"},
    "healthy": {"en": "Healthy service: exit code", "ko": "정상 서비스: 종료 코드"},
    "healthy-unknown": {"en": "Healthy service: cannot be told", "ko": "정상 서비스: 확인 불가"},
    "of": {"en": "{found} of {all}", "ko": "{all}개 중 {found}개"},
    "not-called": {"en": "not called", "ko": "호출하지 않음"},
}


def path(lang: str) -> Path:
    """Where the page of a language is."""
    return _DOCS / WORDS["file"][lang]


def page(seen: Matrix, lang: str) -> str:
    """The whole page in one language."""
    say = {key: words[lang] for key, words in WORDS.items()}
    header = [say["operation"], *(say[fault] for fault in FAULTS)]
    faults = [say[key] for key in ("fault", "report-says", "attempts")]
    rows = [_reading_row(seen, operation, lang) for operation in seen.operations]
    told = [say[key] for key in ("action", "incident", "incident-unknown", "healthy", "healthy-unknown")]
    parts = [say["title"], say["about"], say["always"], say["readings"], _table([faults, *_fault_rows(lang)])]
    parts += [_table([header, *rows]), say["legend"]]
    parts += [say["told"], say["told-about"], _table([told, *(_told_row(seen, one, lang) for one in seen.operations)])]
    return "\n\n".join(parts) + "\n"


def outcome(seen: Matrix, cell: Cell, lang: str) -> str:
    """What became of the reading in a cell: ``✓`` read, ``✓ 2`` in two attempts, ``?`` unread; else why it ended."""
    found = seen.cells[cell]
    tries = _tries(found, seen.calls(cell))
    mark = _mark(found, cell, lang)
    return f"{mark} {tries}" if tries > 1 else mark


def _mark(found: Seen, cell: Cell, lang: str) -> str:
    """A mark where the reason is the fault's own, which stands in the table before; any other is told in words."""
    assert found.look, (cell, found.stopped)
    reasons = {u.reason for u in found.look.evidence.unreads if u.operation == cell.operation}
    if reasons <= {FAULTS[cell.fault].reason}:
        return "?" if reasons else "✓"
    return ", ".join(_reason(reason, lang) for reason in sorted(reasons))


def _fault_rows(lang: str) -> list[list[str]]:
    told = {
        name: WORDS["unread"][lang].format(why=_reason(f.reason, lang)) if f.reason else WORDS["read"][lang]
        for name, f in FAULTS.items()
    }
    return [[WORDS[name][lang], told[name], str(fault.tries)] for name, fault in FAULTS.items()]


def _reason(key: str, lang: str) -> str:
    return (WORDS.get(f"{key}-reason") or WORDS[key])[lang]


def _tries(found: Seen, calls: int) -> int:
    """Attempts of one call: of all alike where the fault lasted, of the first where it passed."""
    lost = found.stopped or (found.look and found.look.evidence.unreads)
    return found.tries // calls if lost else found.tries - calls + 1


def _reading_row(seen: Matrix, operation: str, lang: str) -> list[str]:
    cells = (outcome(seen, Cell("guide", operation, fault), lang) for fault in FAULTS)
    return [f"`{operation}`", *cells]


def _told_row(seen: Matrix, operation: str, lang: str) -> list[str]:
    incident = seen.cells[Cell("guide", operation, "denied")].look
    healthy = seen.cells.get(Cell("healthy", operation, "denied"))
    assert incident
    counts = {
        "found": len(incident.diagnosis.failed("cause")),
        "all": len(seen.whole["guide"].diagnosis.failed("cause")),
    }
    first = [f"`{matrix.action_of(operation)}`", WORDS["of"][lang].format(**counts), _unknown(incident, lang)]
    if not healthy or not healthy.look:
        return [*first, WORDS["not-called"][lang], "-"]
    return [*first, str(int(healthy.look.exit_code)), _unknown(healthy.look, lang)]


def _unknown(look: Look, lang: str) -> str:
    rules = [verdict.rule for verdict in look.diagnosis.verdicts if verdict.outcome is Outcome.UNKNOWN]
    return ", ".join(template(f"rules.{rule}.subject", lang) for rule in rules) or "-"


def _table(rows: list[list[str]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])


def main() -> int:
    """Look at everything and write both pages."""
    seen = matrix.run()
    for lang in ("en", "ko"):
        path(lang).write_text(page(seen, lang), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
