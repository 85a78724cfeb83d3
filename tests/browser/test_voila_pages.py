"""The guided path as web pages: what is shown, to whom, and what is not served."""

import re
import urllib.error
import urllib.request

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_incident_is_shown_on_a_page_that_fits_desk_and_phone(voila, visit, theme):
    looked = visit(voila, theme)
    page = looked.open("10_diagnose")
    for cause in ("Image tag not in ECR", "Health check path differs", "Overlapping deployments"):
        assert looked.outputs.get_by_text(re.compile(cause)).count()
    assert page.title() == "Diagnosis · ecs-runbook"
    assert page.locator(".jp-InputArea-editor, .jp-RenderedText[data-mime-type*=error]").count() == 0
    for width in (1280, 390):
        looked.resized(width)
        assert looked.sideways() <= 0
        looked.shot(f"voila-diagnose-{theme}-{width}")
