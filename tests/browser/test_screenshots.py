"""The report as people see it, kept to be looked at: both languages and themes, desk and phone, and on paper.

The files go to ``.screenshots/``, or to the folder that ``SCREENSHOTS`` names. Nothing is compared with older ones;
what can be told of a picture without looking at it is asserted.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.pages import OVER, page_of
from tests.browser.printed import Printed, read

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

ROOT = Path(__file__).parents[2]
PAGES = [(incident, lang) for incident in ("guide", OVER) for lang in ("ko", "en")]
WIDTHS = {"desk": 1280, "phone": 390}
MOST_SHEETS, LEAST_TEXT = 16, 10
# A heading lower on a sheet of A4 than this, in points, has nothing of its part under it: 14 mm are margin.
LOWEST = 85
# Texts that end outside of the picture they are in, or of the screen.
CUT = """() => [...document.querySelectorAll('svg text, .pill')].filter(node => {
  const box = node.getBoundingClientRect(), svg = node.ownerSVGElement.getBoundingClientRect();
  return box.width && (box.left < svg.left - 1 || box.right > svg.right + 1); }).map(node => node.textContent)"""
# Parts of the text that are too small to be read on a phone.
TINY = """() => [...document.querySelectorAll('main *')].filter(node => node.getClientRects().length
  && [...node.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())
  && parseFloat(getComputedStyle(node).fontSize) * (node.ownerSVGElement
    ? node.ownerSVGElement.getBoundingClientRect().width / node.ownerSVGElement.viewBox.baseVal.width : 1) < 10)
  .map(node => node.textContent)"""


@pytest.fixture(scope="module")
def folder() -> Path:
    found = Path(os.environ.get("SCREENSHOTS") or ROOT / ".screenshots")
    found.mkdir(parents=True, exist_ok=True)
    return found


@pytest.fixture(scope="module", params=PAGES, ids="-".join)
def shown(request: pytest.FixtureRequest, browser: Browser, folder: Path) -> Iterator[tuple[Page, Path]]:
    """A report that was opened from disk, and the path of its pictures without an ending."""
    incident, lang = request.param
    path = folder / f"{incident}.{lang}.html"
    path.write_text(page_of(incident, lang), encoding="utf-8")
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto(path.as_uri())
    yield page, folder / f"{incident}.{lang}"
    context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("screen", WIDTHS)
def test_a_picture_of_the_whole_page_has_nothing_cut_off_or_too_small(
    shown: tuple[Page, Path], screen: str, theme: Literal["light", "dark"]
) -> None:
    page, path = shown
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size({"width": WIDTHS[screen], "height": 900})
    page.screenshot(path=f"{path}.{theme}.{screen}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= WIDTHS[screen]
    assert page.evaluate(CUT) == []
    assert page.evaluate(TINY) == []


def test_printed_pages_have_text_and_no_heading_stands_alone_at_their_end(shown: tuple[Page, Path]) -> None:
    page, path = shown
    page.emulate_media(color_scheme="dark", media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    made = page.pdf(path=f"{path}.pdf", prefer_css_page_size=True, print_background=True, outline=True, tagged=True)
    found: Printed = read(made)
    titles = [" ".join(title.split()) for title in page.locator("h1, h2, h3, h4").all_inner_texts()]
    told = [heading.title for heading in found.headings]
    # Chromium says a title twice that it has moved to the next sheet.
    assert [(title, mark) for title, mark in zip(titles, told, strict=True) if title.split()[-1] not in mark] == []
    assert len(found.pages) <= MOST_SHEETS
    assert min(found.pages) >= LEAST_TEXT
    assert [heading for heading in found.headings if heading.above < LOWEST] == []
