"""The guided path as web pages: what is shown, and where links lead."""

import pytest
from nbformat import v4, write
from playwright.sync_api import expect

from runbook_lib.text import say
from tests.browser.test_report_page import CONTRAST

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

CAUSES = ("image_tag_absent", "health_check_path_mismatch", "deployments_overlapping", "secret_env_duplicate")
RUN = "outputs/momentir-cx-llm-service/20261126T160000Z"
LINKS = f"""import ipywidgets
from IPython.display import HTML
place = ipywidgets.Output()
place.append_display_data(HTML("<a href='second.ipynb'>next</a> <a href='../{RUN}/report.en.html'>report</a>"))
place"""
DIES = """import ipywidgets, os
ending = ipywidgets.Button(description="end")
ending.on_click(lambda _: os._exit(1))
ending"""
REFUSED = "import runbook_lib as rb\nrb.incident({'cluster': 'nowhere', 'mode': 'headless'})"


def notebook(file, *cells):
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    write(v4.new_notebook(cells=list(cells), metadata={"kernelspec": kernel}), file)


def test_the_incident_is_shown_on_a_page_that_fits_desk_and_phone_light_and_dark(voila, visit):
    looked = visit(voila)
    page = looked.open("10_diagnose")
    assert page.title() == "Diagnosis · ecs-runbook"
    assert page.locator(".jp-InputArea-editor").count() == 0
    looked.outputs.locator(".card").nth(len(CAUSES) - 1).wait_for()
    shown = looked.outputs.locator(".card").all_inner_texts()
    assert [say(f"rules.{rule}.title", "en") in card for rule, card in zip(CAUSES, shown, strict=False)] == [True] * 4
    assert page.evaluate("document.documentElement.scrollHeight") > 5000  # the page itself scrolls, and prints in full
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        page.locator(f"body.theme-{theme}").wait_for()
        assert page.evaluate(CONTRAST) == []
        for width in (1280, 390):
            looked.resized(width)
            looked.shot(f"voila-diagnose-{theme}-{width}")
            assert looked.sideways() <= 0


def test_a_page_whose_server_has_ended_says_so(stage, visit):
    server = stage(lang="en", rate=0.0).voila()
    looked = visit(server)
    looked.forgive("WebSocket connection")
    looked.forgive("ERR_CONNECTION_REFUSED")
    page = looked.open("00_start")
    alert = page.get_by_role("alert")
    expect(alert).to_be_hidden()
    server.process.terminate()
    expect(alert).to_contain_text("start ecs-runbook serve again")
    looked.shot("voila-server-ended")
    assert looked.sideways() <= 0


def test_a_page_whose_kernel_has_ended_says_so(voila, visit):
    notebook(voila.home / "notebooks/dies.ipynb", v4.new_code_cell(DIES))
    looked = visit(voila)
    page = looked.open("dies")
    expect(page.get_by_role("alert")).to_be_hidden()
    page.get_by_role("button", name="end").click()
    expect(page.get_by_role("alert")).to_contain_text("Load the page again", timeout=60_000)


def test_links_lead_on_and_what_is_refused_is_one_sentence(voila, visit):
    (voila.home / RUN).mkdir(parents=True)
    (voila.home / RUN / "report.en.html").write_text("<p>what happened</p>")
    notebook(voila.home / "notebooks/first.ipynb", v4.new_code_cell(LINKS), v4.new_code_cell(REFUSED))
    notebook(voila.home / "notebooks/second.ipynb", v4.new_markdown_cell("# 둘째 · Second"))
    looked = visit(voila)
    page = looked.open("first")
    page.get_by_text("There is no cluster `nowhere`").wait_for()
    assert "Traceback" not in page.content()
    with page.expect_popup() as opened:
        page.get_by_role("link", name="report").click()
    opened.value.get_by_text("what happened").wait_for()
    page.get_by_role("link", name="next").click()
    page.get_by_role("heading", name="Second").wait_for()
    assert page.title() == "Second · ecs-runbook"
