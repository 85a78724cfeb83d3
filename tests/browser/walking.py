"""Somebody who goes the guided path in a browser, by clicking alone."""

import re

from playwright.sync_api import Locator, expect

from runbook_lib.report.sections.trail import NOTEBOOKS
from runbook_lib.text import say
from tests.browser.harness import Visit


class Walk:
    """Somebody who goes the path, and how often he clicked."""

    def __init__(self, visit: Visit, lang: str) -> None:
        self.visit, self.page, self.lang, self.clicks = visit, visit.page, lang, 0

    def click(self, found: Locator) -> None:
        found.click()
        self.clicks += 1

    def press(self, key: str, **facts: object) -> None:
        """A button, by its words."""
        self.click(self.button(key, **facts))

    def button(self, key: str, **facts: object) -> Locator:
        """The button of these words, after its icon if it has one."""
        label = re.escape(say(key, self.lang, **facts))
        return self.shown.get_by_role("button", name=re.compile(rf"(^|\W){label}$"))

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

    def ended(self, key: str) -> None:
        """Waits for the state of something that takes long."""
        told = self.shown.locator(".status .tag", has_text=re.compile(f"^{re.escape(say(key, self.lang))}$"))
        expect(told.first).to_be_visible(timeout=60_000)

    def kept(self, name: str) -> None:
        """A picture at a desk's width and a phone's; nothing may be wider than its window."""
        for width in (390, 1280):
            self.visit.resized(width)
            self.visit.shot(f"{name}-{width}")
            assert self.visit.sideways() <= 0, (name, width)
