"""What the guided path refuses, once each in a browser: told in one sentence, nothing changed, and one can go on."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest
from playwright.sync_api import Locator, expect

from runbook_lib.report import words
from runbook_lib.text import say
from tests.browser.harness import Stage
from tests.browser.walking import Walk
from tests.conftest import CLUSTER, SERVICE
from tests.remote_lab import RemoteLab

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

# The service and the way to it come from parameters files alone. There are no keys but the lab's, and nothing that
# could look for others gets out of this computer.
_NAMED = ("CLUSTER", "SERVICE", "REGION", "ENDPOINT_URL", "CREDENTIALS", "CONNECT_TO", "TASK_DEFINITION_FILE")
BY_FILES = {
    **dict.fromkeys(f"ECS_RUNBOOK_{name}" for name in _NAMED),
    "AWS_CONFIG_FILE": "no-such-file",
    "AWS_SHARED_CREDENTIALS_FILE": "no-such-file",
    "AWS_EC2_METADATA_DISABLED": "true",
    "HTTPS_PROXY": "http://127.0.0.1:9",
}
REAL = "cluster: shop\nservice: checkout\nregion: ap-northeast-2\n"
FIX = re.compile(rf"Apply \d changes to {SERVICE}")


@pytest.fixture(scope="module")
def english(stage: Callable[..., Stage]) -> Stage:
    return stage(lang="en", rate=0.0, **BY_FILES)


@pytest.fixture
def walk(english: Stage, visit) -> Callable[..., Walk]:
    """Opens a notebook in Voilà: of the stage's lab, or what these parameters files say."""

    def opened(notebook: str, **files: str) -> Walk:
        laid(english, **files or {"lab": english.lab.params.read_text("utf-8")})
        return entered(visit(english.voila()), notebook)

    return opened


def entered(visit, notebook: str) -> Walk:
    visit.open(notebook)
    return Walk(visit, "en")


def laid(at: Stage, **files: str) -> None:
    """Lays these parameters files where there was anything else before, and an empty archive.

    The one before is set aside: a kernel whose page was closed may still write into it.
    """
    (at.home / "outputs").rename(Path(mkdtemp(dir=at.home)) / "outputs")
    (at.home / "outputs").mkdir(exist_ok=True)
    for file in (at.home / "parameters").glob("*.yaml"):
        file.unlink()
    for name, text in files.items():
        (at.home / "parameters" / f"{name}.yaml").write_text(text, "utf-8")


@pytest.fixture
def lab_like(tmp_path: Path) -> Iterator[Callable[[str], RemoteLab]]:
    """A lab of a test's own, to change."""
    running: list[RemoteLab] = []

    def of(scenario: str) -> RemoteLab:
        running.append(RemoteLab(scenario, tmp_path / "lab"))
        return running[-1]

    yield of
    for lab in running:
        lab.close()


def choose(walk: Walk, service: str) -> None:
    """Chooses a service in the bar."""
    names = walk.shown.locator("select").first
    named = names.locator("option", has_text=re.compile(rf"^{service}\s"))
    names.select_option(named.get_attribute("value"))


def nothing_good(walk: Walk) -> None:
    """Nothing in the page may say that the service is well."""
    healthy = re.compile(rf"^{words.state('healthy', walk.lang)}$")
    expect(walk.shown.locator(".tag", has_text=healthy)).to_have_count(0)


def changed(lab: RemoteLab) -> list[str]:
    """The calls that changed something in the lab, in order."""
    return [call["action"] for call in lab.control("calls?changes=true")["calls"] if not call["error"]]


def test_what_cannot_be_read_is_told_with_what_to_do_next(english, walk):
    lab = english.lab
    ours = lab.params.read_text("utf-8")
    at = walk("10_diagnose", lab=ours, misspelt=ours.replace(SERVICE, SERVICE[:-1]), real=REAL)
    choose(at, "checkout")
    at.says("There are no AWS credentials")
    nothing_good(at)
    at.kept("refused-1-no-credentials")
    choose(at, SERVICE[:-1])
    at.says(f"There is no service {SERVICE[:-1]} in cluster {CLUSTER}")
    at.says(f"Nearest name: {SERVICE}")
    nothing_good(at)
    at.kept("refused-2-wrong-service")
    lab.faults([{"preset": "access-denied", "service": "ecr"}])
    choose(at, SERVICE)
    at.says("ecr:DescribeImages")
    nothing_good(at)
    at.kept("refused-3-denied-read")
    lab.faults([])
    at.press("guided.bar.again")
    at.says(say("rules.image_tag_absent.title", "en"))


def test_a_name_that_aws_does_not_know_is_told_where_it_is_typed(english, walk):
    at = walk("00_start")
    expect(at.shown.get_by_label("Services found").locator("option")).to_have_count(1, timeout=60_000)
    at.shown.get_by_label("Service", exact=True).last.fill("momentir-cx-llm-srevice")
    at.press("starting.form.use_service")
    at.says("AWS has no such name")
    at.says(f"Nearest name: {SERVICE}")
    at.kept("refused-4-typed")


def test_a_permission_that_is_missing_is_told_before_the_first_change(english, walk):
    lab = english.lab
    statement = {"Effect": "Allow", "NotAction": "ecs:UpdateService", "Resource": "*"}
    at = walk("20_fix")
    at.press("fix.answer.take")
    at.shown.get_by_role("button", name=FIX).wait_for()
    lab.control("policy", {"policy": {"Version": "2012-10-17", "Statement": [statement]}})
    lab.control("calls", {"reset": True})
    at.click(at.shown.get_by_role("button", name=FIX))
    at.says("Not begun, for lack of permissions: ecs:UpdateService")
    assert changed(lab) == []
    at.kept("refused-5-denied-change")
    lab.control("policy", {"policy": None})


def deploy(lab: RemoteLab, boto) -> None:
    """Somebody else deploys meanwhile."""
    boto("ecs", lab.endpoint_url).update_service(cluster=CLUSTER, service=SERVICE, forceNewDeployment=True)
    lab.control("calls", {"reset": True})


def test_a_plan_is_refused_once_something_has_changed_in_aws_or_in_another_tab(english, walk, visit, lab_like, boto):
    lab = lab_like("guide")
    first = walk("20_fix", lab=lab.params.read_text("utf-8"))
    first.press("fix.answer.take")
    first.shown.get_by_role("button", name=FIX).wait_for()
    second = entered(visit(english.voila()), "20_fix")
    second.press("fix.answer.take")
    second.shown.get_by_role("button", name=FIX).wait_for()
    deploy(lab, boto)
    first.click(first.shown.get_by_role("button", name=FIX))
    first.says("is out of date. What changed since it was made: the newest deployment")
    assert changed(lab) == []
    first.kept("refused-6-stale")
    first.press("guided.bar.again")
    first.press("fix.answer.take")
    first.click(first.shown.get_by_role("button", name=FIX))
    first.ended("fix.state.good")
    done = changed(lab)
    assert done == ["RegisterTaskDefinition", "UpdateService", "StopTask"]
    second.click(second.shown.get_by_role("button", name=FIX))
    second.says("is out of date")
    second.kept("refused-7-second-tab")
    second.press("guided.bar.again")
    second.ended("rules.state.deploying")
    second.says("applied (")
    second.kept("refused-8-second-tab-again")
    assert changed(lab) == done


def test_watching_can_be_stopped_and_begun_again(english, walk, lab_like):
    lab = lab_like("deploying")
    at = walk("30_watch", lab=lab.params.read_text("utf-8"))
    at.says("Following the deployment.")
    at.click(at.button("guided.bar.stop").last)
    at.says("Watching was stopped. The deployment goes on.")
    assert changed(lab) == []
    at.kept("refused-9-watch-stopped")
    lab.advance(1200)
    at.press("guided.button.watch_again")
    at.ended("watch.end.completed")


@pytest.fixture(scope="module")
def korean(stage: Callable[..., Stage]) -> Stage:
    return stage(lang="ko", rate=0.0, **BY_FILES)


def run_cells(walk: Walk) -> None:
    """Run > Run All Cells, and what it begins is over."""
    walk.visit.run_all()
    expect(walk.button("guided.bar.again")).to_be_enabled(timeout=60_000)


def run_cell(walk: Walk, source: str) -> None:
    """One cell of the notebook: its code, which is hidden but for one line, is opened and run from the keyboard."""
    cell = walk.shown.locator(".jp-CodeCell", has_text=source)
    if cell.locator(".jp-InputPlaceholder").count():
        cell.locator(".jp-InputPlaceholder").click()
    cell.locator(".cm-content").click()
    walk.page.keyboard.press("Control+Enter")
    walk.visit.idle()


def restarted(walk: Walk) -> None:
    """Kernel > Restart Kernel and Run All Cells of JupyterLab."""
    walk.page.get_by_role("menuitem", name="Kernel", exact=True).click()
    walk.page.get_by_role("menuitem", name=re.compile("^Restart Kernel and Run All Cells")).click()
    before = walk.button("guided.bar.again").element_handle()
    walk.page.locator(".jp-Dialog .jp-mod-accept").click()
    before.wait_for_element_state("hidden")
    walk.visit.idle()
    expect(walk.button("guided.bar.again")).to_be_enabled(timeout=60_000)


def test_an_apply_that_was_stopped_goes_on_after_the_kernel_was_restarted(korean, visit):
    lab = korean.lab
    laid(korean, lab=lab.params.read_text("utf-8"))
    at = Walk(visit(korean.jupyterlab()), "ko")
    at.visit.open("20_fix")
    run_cells(at)
    at.press("fix.answer.take")
    apply_and_stop(at, lab)
    assert changed(lab) == ["RegisterTaskDefinition"]
    at.kept("refused-10-apply-stopped")
    restarted(at)
    at.says("적용이 중간에 끊겼습니다.")
    at.kept("refused-11-restarted")
    at.press("guided.button.go_on")
    at.ended("fix.state.good")
    done = changed(lab)
    assert done == ["RegisterTaskDefinition", "UpdateService", "StopTask"]
    for source in ("incident.undo()", "incident.apply()", "incident.apply()", "incident.plan()"):
        run_cell(at, source)
    at.ended("fix.state.good")
    assert changed(lab) == done
    at.kept("refused-12-cells-again")


def apply_button(walk: Walk) -> Locator:
    return walk.shown.get_by_role("button", name=re.compile(f"{SERVICE} 서비스에 변경"))


def apply_and_stop(walk: Walk, lab: RemoteLab) -> None:
    """Begins to apply, and asks it to stop while a change is under way."""
    lab.faults([{"preset": "hold-before", "service": "ecs", "action": "RegisterTaskDefinition"}])
    walk.click(apply_button(walk))
    assert lab.control("held?wait=60")["held"]
    walk.click(walk.button("guided.bar.stop").last)
    walk.says("중지하고 있습니다. 지금 변경이 끝나면 멈춥니다.")
    lab.faults([])
    walk.says("적용을 중지했습니다.")


def test_a_lab_that_has_ended_is_told_and_the_page_stays_usable(korean, visit, lab_like):
    lab = lab_like("guide")
    laid(korean, lab=lab.params.read_text("utf-8"))
    at = Walk(visit(korean.jupyterlab()), "ko")
    at.visit.open("10_diagnose")
    run_cells(at)
    at.says(say("rules.image_tag_absent.title", "ko"))
    lab.close()
    at.press("guided.bar.again")
    at.says("AWS에 연결하지 못했습니다")
    at.kept("refused-13-lab-ended")
    at.click(at.shown.get_by_role("button", name="English"))
    at.says("Could not connect to AWS")
    at.says(say("rules.image_tag_absent.title", "en"))
