"""The archived page in a real browser with the network off: nothing is fetched, nothing overflows, all can be read."""

import pytest

from runbook_lib.diagnosis.engine import judge
from runbook_lib.evidence.serialisation import load
from runbook_lib.report.context import Context
from runbook_lib.report.page import html
from tests.browser.pages import INCIDENTS, OVER, page_of
from tests.safety.hostile import ALL_IN_ONE, poisoned

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

# What a person tells apart: text against what is behind it, as WCAG measures it.
CONTRAST = """() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgb = colour => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = node => { for (let n = node; n; n = n.parentElement) {
    const colour = rgb(getComputedStyle(n).backgroundColor); if (colour[3] === 255) return colour; }
    return [255, 255, 255, 255]; };
  const bad = [];
  for (const node of document.querySelectorAll('body *:not(svg):not(svg *)')) {
    const own = [...node.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own || !node.getClientRects().length) continue;
    const [a, b] = [light(rgb(getComputedStyle(node).color)), light(behind(node))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) bad.push(node.textContent.trim().slice(0, 40));
  }
  return bad;
}"""


PAGES = [(name, lang) for name in ("guide", "guide-target-group", "healthy", OVER) for lang in ("ko", "en")]


@pytest.fixture(scope="module", params=PAGES, ids="-".join)
def opened(request, browser, tmp_path_factory):
    """An incident's page as opened from disk, with every request, message and error that the browser saw."""
    incident, lang = request.param
    path = tmp_path_factory.mktemp("page") / f"report.{lang}.html"
    path.write_text(page_of(incident, lang), encoding="utf-8")
    context = browser.new_context(offline=True)
    page = context.new_page()
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url))
    page.on("console", lambda message: seen.append(message.text))
    page.on("pageerror", lambda error: seen.append(str(error)))
    page.goto(path.as_uri())
    yield page, [entry for entry in seen if entry != path.as_uri()], lang
    context.close()


def test_nothing_is_fetched_and_nothing_complains(opened):
    assert opened[1] == []


@pytest.mark.parametrize("width", [390, 720, 1280])
def test_nothing_is_wider_than_the_screen(opened, width):
    page = opened[0]
    page.set_viewport_size({"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_word_stands_out_from_what_is_behind_it(opened, theme):
    page = opened[0]
    page.emulate_media(color_scheme=theme)
    assert page.evaluate(CONTRAST) == []


def test_the_page_says_its_language_and_has_one_title(opened):
    page, _, lang = opened
    assert page.locator("html").get_attribute("lang") == lang
    assert page.locator("h1").count() == 1


@pytest.mark.parametrize("where", ["words", "names", "states"])
@pytest.mark.parametrize("lang", ["ko", "en"])
def test_a_hostile_page_runs_nothing_asks_nothing_and_fetches_nothing(browser, tmp_path, where, lang):
    evidence = poisoned(load(INCIDENTS / "guide.json"), ALL_IN_ONE, where)
    path = tmp_path / "report.html"
    path.write_text(html(judge(evidence), evidence, Context(lang)), encoding="utf-8")
    context = browser.new_context()
    page = context.new_page()
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url))
    page.on("console", lambda message: seen.append(message.text))
    page.on("pageerror", lambda error: seen.append(str(error)))
    page.on("dialog", lambda dialog: seen.append(dialog.message))
    page.goto(path.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(node => { node.open = true; })")
    for node in page.locator("td, blockquote, h1").all()[:40]:
        node.dispatch_event("mouseover")
    assert [entry for entry in seen if entry != path.as_uri()] == []
    assert page.locator("script, img, iframe, object, animate, [onload], [onerror], [onmouseover]").count() == 0
    assert page.evaluate("document.title").startswith("FORGED") is False
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    context.close()


def test_folded_evidence_opens_without_script(opened):
    page = opened[0]
    fold = page.locator("details").first
    fold.locator("summary").click()
    assert fold.evaluate("node => node.open")
    assert fold.locator("table, pre").first.is_visible()
