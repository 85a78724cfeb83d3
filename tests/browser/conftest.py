"""A real browser: Debian's Chromium, or the one that ``CHROMIUM`` names; it never reaches a network.

Without one the tests are skipped, and say why; where CI is true a skipped one has failed.
"""

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.harness import Server, Stage, Visit, visits
from tests.programs import Programs

# Without these Chromium looks for updates and hosts of its maker at every start; the last lets nothing else out.
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """In CI a skipped browser test is a failure: nobody would see that the browser is gone."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI") == "true":
        report.outcome, report.longrepr = "failed", f"skipped in CI: {report.longrepr[-1]}"
    return report


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all tests of this process."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if not path:
        pytest.skip("no Chromium found: install it, or name it with CHROMIUM=/path/to/it")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def _stages(browser: Browser, tmp_path_factory: pytest.TempPathFactory, programs: Programs) -> Callable[..., Stage]:
    def of(lang: str = "ko", scenario: str = "guide", rate: float = 1.0, **environment: str | None) -> Stage:
        folder = tmp_path_factory.mktemp("stage")
        programs.lay_kernel(folder / "data")
        return Stage(folder, lang, scenario, rate, environment)

    return of


@pytest.fixture(scope="module")
def stage(_stages: Callable[..., Stage]) -> Iterator[Callable[..., Stage]]:
    """Makes stages of a module's own, to act on; they end with it."""
    made: list[Stage] = []

    def of(**wanted: str | float | None) -> Stage:
        made.append(_stages(**wanted))
        return made[-1]

    yield of
    for one in made:
        one.close()


@pytest.fixture(scope="session")
def voila(_stages: Callable[..., Stage]) -> Iterator[Server]:
    """A Voilà in which the guide's incident is looked at, in English."""
    shared = _stages("en", rate=0.0)
    yield shared.voila()
    shared.close()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visit]]:
    """Makes visits of a server; at the end of the test none may have had a complaint or asked another host."""
    yield from visits(browser)
