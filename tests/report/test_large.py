"""A large incident in every form: small enough to send, and what is left out is said. Its time is in `make bench`."""

from __future__ import annotations

import pytest

from runbook_lib.diagnosis.engine import judge
from runbook_lib.report.blocks import Drawing, Paragraph, walk
from runbook_lib.report.context import Context
from runbook_lib.report.markdown import markdown
from runbook_lib.report.page import document, html
from tests.diagnosis.test_story import FAULT, entry
from tests.report.page_parser import parse
from tests.report.sizes import EVENTS, TASKS, large


@pytest.fixture(scope="module")
def judged():
    evidence = large()
    return judge(evidence), evidence


def test_the_page_and_its_markdown_stay_small(judged):
    made = document(*judged, Context("ko"))
    assert len(html(*judged, Context("ko")).encode()) < 600_000
    assert len(markdown(made).encode()) < 200_000


def test_what_is_left_out_is_counted(judged):
    made = document(*judged, Context("en"))
    quiet = [b.text for part in made.parts for b in walk(part.blocks) if isinstance(b, Paragraph) and b.look]
    told = " ".join(quiet)
    assert [w for w in ("Moments not in the table: ", "stopped reasons not quoted: ") if w not in told] == []
    text = markdown(made)
    assert f"of {EVENTS:,}" in text.replace("5000", "5,000")
    assert f"of {TASKS:,}" in text.replace("2000", "2,000")


def test_a_long_journal_is_cut_and_that_is_said(judged):
    many = tuple(entry(n / 10, "look" if n % 3 else "plan", FAULT) for n in range(3_000))
    page = html(*judged, Context("en", record=many))
    assert len(page.encode()) < 700_000
    text = " ".join(parse(page).text().split())
    assert "Entries not in the table: 2,900; it has the first 50 and the last 50." in text
    assert "All are in report.json under record" in text


def test_the_figure_stays_a_figure(judged):
    made = document(*judged, Context("ko"))
    [figure] = [b for part in made.parts for b in walk(part.blocks) if isinstance(b, Drawing)]
    for drawing in (figure.wide, figure.middle, figure.narrow):
        height = int(drawing.split('viewBox="0 0 ')[1].split('"')[0].split(" ")[1])
        assert height < 1_400
        assert len(drawing.encode()) < 150_000
    assert "2000" in figure.wide or "그리지" in figure.wide or "개 중" in figure.wide
