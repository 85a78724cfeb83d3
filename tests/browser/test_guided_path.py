"""The guide's incident from the first page to the archived postmortem by clicking alone, in JupyterLab and in Voilà."""

import re

import pytest
from playwright.sync_api import expect

from runbook_lib.text import say
from tests.browser.test_voila_pages import CAUSES
from tests.browser.walking import Walk
from tests.conftest import SERVICE

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

UNNAMED = {"ECS_RUNBOOK_CLUSTER": None, "ECS_RUNBOOK_SERVICE": None, "ECS_RUNBOOK_REGION": None}


def cured(walk: Walk, stage, run, name: str) -> None:
    """The whole way; ``run`` is what it takes to run a notebook that has just been opened."""
    run()
    walk.says(SERVICE)
    walk.kept(f"{name}-1-start")
    walk.follow("diagnose")
    run()
    cards = walk.shown.locator(".card")
    cards.nth(len(CAUSES) - 1).wait_for()
    told = zip(CAUSES, cards.all_inner_texts(), strict=False)
    assert [say(f"rules.{rule}.title", walk.lang) in card for rule, card in told] == [True] * len(CAUSES)
    assert walk.shown.locator("[data-mime-type*=error], [data-mime-type*=stderr]").count() == 0
    walk.kept(f"{name}-2-diagnose")
    walk.follow("fix")
    run()
    walk.press("fix.answer.take")
    walk.kept(f"{name}-3-plan")
    walk.click(walk.shown.get_by_role("button", name=re.compile(re.escape(SERVICE))))
    walk.ended("fix.state.good")
    walk.kept(f"{name}-4-applied")
    stage.lab.advance(600)
    walk.follow("watch")
    run()
    walk.ended("watch.end.completed")
    walk.press("guided.button.verify")
    expect(walk.shown.locator(".onward a").last).to_contain_text(say("guided.place.postmortem", walk.lang))
    walk.kept(f"{name}-5-verified")
    walk.follow("postmortem")
    run()
    walk.press("guided.button.report")
    report = walk.shown.get_by_role("link", name=say("guided.report.open", walk.lang)).first
    expect(report).to_be_visible(timeout=60_000)
    walk.kept(f"{name}-6-postmortem")
    walk.click(report)


def test_in_jupyterlab_in_korean(stage, visit):
    at = stage(lang="ko", rate=0.0, **UNNAMED)
    walk = Walk(visit(at.jupyterlab()), "ko")
    walk.visit.open("00_start")

    def run() -> None:
        walk.visit.run_all()
        walk.clicks += 2

    cured(walk, at, run, "jupyterlab")
    page = walk.page.frame_locator("iframe").locator("h1")
    expect(page).to_contain_text(SERVICE, timeout=60_000)
    assert walk.clicks <= 24


def test_in_voila_in_english(stage, visit):
    at = stage(lang="en", rate=0.0, **UNNAMED)
    walk = Walk(visit(at.voila()), "en")
    walk.visit.open("00_start")
    cured(walk, at, walk.visit.idle, "voila")
    assert walk.clicks <= 14
