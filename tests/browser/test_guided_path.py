"""The guide's incident from the first page to the archived postmortem by clicking alone, in JupyterLab and in Voilà."""

import re

import pytest
from playwright.sync_api import Locator, expect

from runbook_lib.report.sections.trail import NOTEBOOKS
from runbook_lib.text import say
from tests.conftest import SERVICE

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

UNNAMED = {"ECS_RUNBOOK_CLUSTER": None, "ECS_RUNBOOK_SERVICE": None, "ECS_RUNBOOK_REGION": None}


class Walk:
    """Somebody who goes the path, and how often he clicked."""

    def __init__(self, visit, lang: str) -> None:
        self.visit, self.page, self.lang, self.clicks = visit, visit.page, lang, 0

    def click(self, found: Locator) -> None:
        found.click()
        self.clicks += 1

    def press(self, key: str, **facts: object) -> None:
        """A button, by its words."""
        self.click(self.shown.get_by_role("button", name=say(key, self.lang, **facts), exact=True))

    def follow(self, place: str) -> None:
        """The link to the notebook that comes next."""
        self.click(self.shown.locator(".onward a", has_text=say(f"guided.place.{place}", self.lang)).last)
        self.visit.led_to(NOTEBOOKS[place])

    @property
    def shown(self) -> Locator:
        return self.visit.shown

    def says(self, words: str) -> None:
        """Waits until the notebook says something."""
        expect(self.shown.get_by_text(words).filter(visible=True).first).to_be_visible(timeout=60_000)

    def kept(self, name: str) -> None:
        """A picture at a desk's width and a phone's; nothing may be wider than its window."""
        for width in (390, 1280):
            self.visit.resized(width)
            self.visit.shot(f"{name}-{width}")
            assert self.visit.sideways() <= 0, (name, width)


def cured(walk: Walk, stage, run, name: str) -> None:
    """The whole way; ``run`` is what it takes to run a notebook that has just been opened."""
    run()
    walk.says(SERVICE)
    walk.kept(f"{name}-1-start")
    walk.follow("diagnose")
    run()
    walk.says(say("rules.image_tag_absent.title", walk.lang))
    walk.kept(f"{name}-2-diagnose")
    walk.follow("fix")
    run()
    walk.press("fix.answer.take")
    walk.kept(f"{name}-3-plan")
    walk.click(walk.shown.get_by_role("button", name=re.compile(re.escape(SERVICE))))
    walk.says(say("fix.state.good", walk.lang))
    walk.kept(f"{name}-4-applied")
    stage.lab.advance(600)
    walk.follow("watch")
    run()
    walk.says(say("watch.end.completed", walk.lang))
    walk.press("guided.button.verify")
    walk.says(say("guided.place.postmortem", walk.lang))
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
