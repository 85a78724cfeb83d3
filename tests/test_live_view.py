"""The live view of `watch` in a terminal: no higher and no wider than that, with every table in it."""

from io import StringIO

import pytest
from rich.console import Console

from runbook_lib.cli.live import Live
from runbook_lib.report.context import Context
from runbook_lib.watching import watch
from tests.watched_lab import parameters_of, unfolding

TITLES = {
    "ko": ("이 배포의 태스크", "대상 그룹의 대상", "최근 서비스 이벤트"),
    "en": ("Tasks of this deployment", "Targets of the target group", "Newest service events"),
}


@pytest.mark.parametrize(("lang", "width", "height"), [("ko", 80, 24), ("en", 80, 24), ("en", 120, 40)])
def test_all_of_it_is_on_the_screen(tmp_path, lang, width, height):
    console = Console(file=StringIO(), width=width, height=height, record=True, highlight=False)
    live = Live(Context(lang), console)
    with unfolding("no-capacity", tmp_path) as lab:
        watch(parameters_of(lab, timeout=5), live.told, lab.advance)
    console.print(live.picture())
    shown = console.export_text().rstrip("\n").split("\n")
    assert len(shown) <= height - 1
    assert all(any(title in line for line in shown) for title in TITLES[lang])
    events = [line.rstrip() for line in shown if "unable to" in line]
    assert events
    assert all(line.endswith(("…", ".")) and "(service" not in line for line in events)
