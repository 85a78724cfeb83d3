"""The archived page by the rules of axe-core: what screen readers, keyboards and weak eyes need."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from runbook_lib.diagnosis.engine import judge
from runbook_lib.evidence.serialisation import load
from runbook_lib.report.context import Context
from runbook_lib.report.page import html

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

INCIDENTS = Path(__file__).parents[1] / "incidents"
THEMES = ("light", "dark")
WIDTHS = (390, 1280)


@pytest.mark.parametrize("incident", ["guide", "healthy"])
@pytest.mark.parametrize("lang", ["ko", "en"])
def test_axe_finds_nothing_in_either_theme_on_desk_and_phone(browser, tmp_path, incident, lang):
    evidence = load(INCIDENTS / f"{incident}.json")
    path = tmp_path / "report.html"
    path.write_text(html(judge(evidence), evidence, Context(lang)), encoding="utf-8")
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto(path.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(node => { node.open = true; })")
    found = []
    for theme in THEMES:
        for width in WIDTHS:
            page.emulate_media(color_scheme=theme)
            page.set_viewport_size({"width": width, "height": 900})
            violations = Axe().run(page).response["violations"]
            found += [(theme, width, v["id"], [node["html"][:200] for node in v["nodes"]]) for v in violations]
    context.close()
    assert found == []
