"""Notebooks in JupyterLab, run from its menu."""

import pytest

from runbook_lib.text import say
from tests.browser.test_voila_pages import CAUSES

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def test_all_cells_run_from_the_menu_name_the_causes_and_fit_desk_and_phone(jupyterlab, visit):
    looked = visit(jupyterlab)
    page = looked.open("10_diagnose")
    looked.run_all()
    looked.outputs.locator(".card").nth(len(CAUSES) - 1).wait_for()
    shown = looked.outputs.locator(".card").all_inner_texts()
    assert [say(f"rules.{rule}.title", "ko") in card for rule, card in zip(CAUSES, shown, strict=False)] == [True] * 4
    assert page.locator("[data-mime-type*=error], [data-mime-type*=stderr]").count() == 0
    for width in (1280, 390):
        looked.resized(width)
        looked.shot(f"jupyterlab-diagnose-{width}")
        assert looked.sideways() <= 0
