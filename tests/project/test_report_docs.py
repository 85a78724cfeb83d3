"""The pages about the report's forms name everything that report.json holds."""

from pathlib import Path
from typing import get_args

import pytest

from runbook_lib.diagnosis.engine import judge
from runbook_lib.diagnosis.prevention import Standing
from runbook_lib.report.context import Context
from runbook_lib.report.report_json import report_json
from tests.report import sample

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("page", ["report.md", "report.ko.md"])
def test_every_name_of_the_json_is_described(page):
    described = (DOCS / page).read_text(encoding="utf-8")
    tree = report_json(judge(sample.guide()), sample.guide(), Context())
    names = [*tree, *tree["incident"], *tree["incident"]["causes"][0], *tree["measures"][0]]
    assert [name for name in names if f"`{name}`" not in described] == []
    assert [state for state in get_args(Standing) if f"`{state}`" not in described] == []


def test_the_json_of_a_report_is_in_no_language():
    evidence = sample.guide()
    assert report_json(judge(evidence), evidence, Context("ko")) == report_json(
        judge(evidence), evidence, Context("en")
    )
