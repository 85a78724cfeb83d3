"""Notebooks in a real browser: a lab, a home folder, JupyterLab or Voilà on it, and somebody who looks and clicks.

Use it by the fixtures of `conftest.py`; a file that does wants
``pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]``.

``stage(lang="ko", scenario="guide", rate=1.0, **environment)``
    makes a `Stage` of a module's own: ``stage.lab`` (a `RemoteLab`: ``advance``, ``faults``, ``calls``), ``stage.home``
    (copies of ``notebooks/`` and ``parameters/``, an empty ``outputs/``), ``stage.jupyterlab()`` and ``stage.voila()``,
    which start a server at the first call. ``voila(*words)`` takes options of ``ecs-runbook serve``. Keyword arguments
    in capitals are variables that servers and kernels get beside those that lead to the lab; ``None`` takes one away.
``voila``
    a server that tests share which change nothing: the guide's incident in English, its clock at rest.
``visit(server, theme="light", width=1280, height=900)``
    a `Visit` in a browser context of its own: ``visit.page`` is Playwright's page, and

    - ``visit.open("10_diagnose")`` shows a notebook: in JupyterLab once its kernel is idle, in Voilà once all is run;
    - ``visit.run_all()`` is the menu Run > Run All Cells of JupyterLab, then ``visit.idle()``;
    - ``visit.idle()`` waits until no cell runs and the kernel is idle;
    - ``visit.shown`` locates the notebook in front, ``visit.led_to("20_fix")`` waits for the one that a link opens;
    - ``visit.outputs`` locates the outputs of the page, wherever the front end puts them;
    - ``visit.sideways()`` tells by how many pixels the page, or the notebook in it, is wider than its window;
    - ``visit.resized(width)`` gives the window another width, once the page is laid out for it;
    - ``visit.shot("name")`` keeps a picture: in ``.screenshots/``, or the folder that ECS_RUNBOOK_SCREENSHOTS names;
    - ``visit.complaints`` are errors of the console and of the page, ``visit.outside`` requests to other hosts, which
      never get out. A test fails at its end unless both are empty; what it wants is taken out by
      ``visit.forgive("words of it")``.

``server.home`` is the home folder of a server, where a test may lay files.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page
from playwright.sync_api import TimeoutError as TookTooLong

from tests.command import ECS_RUNBOOK, clean_environment
from tests.remote_lab import RemoteLab

ROOT = Path(__file__).parents[2]
_DESK = 1000  # pixels from which there is room for a side bar
_AT_ONCE, _TIMES = 2_000, 5
_PATIENCE = 60_000  # milliseconds; what is awaited takes a few seconds on a quiet machine
# Complaints of the front ends themselves, about nothing of ours.
_THEIRS = re.compile(r"favicon\.ico")
# JupyterLab as a user has it, without what asks other hosts or starts programs of its own.
_UNUSED = ("jupyter_server_terminals", "notebook", "notebook_shim", "voila.server_extension")
_SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},  # every cell is in the page, also below the window
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True},
}
_SIDEWAYS = """() => Math.max(...[document.documentElement, document.body,
  ...document.querySelectorAll('#rendered_cells, .jp-WindowedPanel-outer, .jp-NotebookPanel-notebook')]
  .map(node => node.scrollWidth - node.clientWidth))"""
_SHOWN = ".jp-NotebookPanel:not(.lm-mod-hidden)"
# The notebook in front is the one that was asked for: the one before it stays for a moment, idle, while it is opened.
_IDLE = f"""name => [...document.querySelectorAll('#jp-main-dock-panel .lm-TabBar-tab.lm-mod-current')].some(tab =>
    tab.textContent.includes(name) && tab.dataset.id === document.querySelector('{_SHOWN}')?.id)
  && document.querySelector('{_SHOWN} .jp-Notebook-ExecutionIndicator[data-status="idle"]')
  && document.querySelector('{_SHOWN} .jp-CodeCell')
  && document.querySelector('#jp-main-statusbar')?.innerText.includes('| Idle')
  && ![...document.querySelectorAll('{_SHOWN} .jp-InputArea-prompt')].some(one => one.textContent.includes('*'))"""


class Server:
    """What serves a home's notebooks, in a session of its own; ``address`` has the token in it, ``base`` has not."""

    def __init__(self, kind: str, process: "subprocess.Popen[Any]", address: str, home: Path) -> None:
        self.kind, self.process, self.address, self.home = kind, process, address, home
        parts = urlsplit(address)
        self.base, self.token = f"{parts.scheme}://{parts.netloc}/", parts.query.removeprefix("token=")

    def page(self, notebook: str) -> str:
        """Where a notebook is shown, with the token; in JupyterLab alone, whatever was open before."""
        path, fresh = ("lab/tree/notebooks", "&reset") if self.kind == "jupyterlab" else ("notebooks", "")
        return f"{self.base}{path}/{notebook}.ipynb?token={self.token}{fresh}"

    def close(self) -> None:
        """Ends it with its kernels."""
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate()


class Stage:
    """A lab, and a home folder whose notebooks lead to it; servers run until `close`."""

    def __init__(self, folder: Path, lang: str, scenario: str, rate: float, environment: dict[str, str | None]) -> None:
        self.lang, self.lab = lang, RemoteLab(scenario, folder / "lab", rate)
        self.home, self._folder, self._extra = folder / "home", folder, environment
        for name in ("notebooks", "parameters"):
            shutil.copytree(ROOT / name, self.home / name)
        (self.home / "outputs").mkdir()
        self._servers: dict[str, Server] = {}

    @cached_property
    def environment(self) -> dict[str, str]:
        """What leads commands and kernels to the lab, in the stage's language."""
        from runbook_lib.parameters import from_file

        ours = {f"ECS_RUNBOOK_{name.upper()}": str(value) for name, (value, _) in from_file(self.lab.params).items()}
        told = {
            "ECS_RUNBOOK_HOME": str(self.home), "ECS_RUNBOOK_LANG": self.lang, "ECS_RUNBOOK_OUTPUTS": "outputs",
            "JUPYTER_CONFIG_DIR": str(self._folder / "config"), "JUPYTER_DATA_DIR": str(self._folder / "data"),
            "JUPYTER_PATH": str(self._folder / "data"),  # its kernels come before those of a virtual environment
            "JUPYTERLAB_SETTINGS_DIR": str(self._folder / "settings"), "JUPYTER_RUNTIME_DIR": str(self._folder / "run"),
            "JUPYTERLAB_WORKSPACES_DIR": str(self._folder / "workspaces"), "IPYTHONDIR": str(self._folder / "ipython"),
        }  # fmt: skip
        both = clean_environment() | ours | told | self._extra
        return {name: value for name, value in both.items() if value is not None}

    def voila(self, *words: str) -> Server:
        """Voilà, as ``ecs-runbook serve`` starts it."""
        if "voila" not in self._servers:
            process = self._started([ECS_RUNBOOK, "serve", "--port", "0", *words], stdout=subprocess.PIPE, text=True)
            assert process.stdout
            address = next(found[0] for line in process.stdout if (found := re.findall(r"http://127\S+", line)))
            self._servers["voila"] = Server("voila", process, address, self.home)
        return self._servers["voila"]

    def jupyterlab(self) -> Server:
        """JupyterLab with clean settings."""
        if "jupyterlab" not in self._servers:
            self._settle()
            off = dict.fromkeys(_UNUSED, False)
            words = ["--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1", f"--ServerApp.root_dir={self.home}"]
            words += ["--ServerApp.port=0", f"--ServerApp.jpserver_extensions={off}", "--LabApp.news_url="]
            words += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
            with (self._folder / "jupyterlab.log").open("wb") as log:
                process = self._started([sys.executable, "-m", "jupyterlab", *words], stdout=log, stderr=log)
            told = self._told(process)
            address = f"{told['url']}lab?token={told['token']}"
            self._servers["jupyterlab"] = Server("jupyterlab", process, address, self.home)
        return self._servers["jupyterlab"]

    def _started(self, words: list[str], **streams: Any) -> "subprocess.Popen[Any]":
        return subprocess.Popen(words, env=self.environment, cwd=self.home, start_new_session=True, **streams)

    def _settle(self) -> None:
        for name, settings in _SETTINGS.items():
            file = self._folder / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
            file.parent.mkdir(parents=True)
            file.write_text(json.dumps(settings))

    def _told(self, process: "subprocess.Popen[Any]") -> dict[str, Any]:
        """What JupyterLab writes into its file once it listens."""
        file = self._folder / "run" / f"jpserver-{process.pid}.json"
        while not (file.exists() and file.read_text().endswith("}")):
            assert process.poll() is None, (self._folder / "jupyterlab.log").read_text()
            time.sleep(0.05)
        return json.loads(file.read_text())

    def close(self) -> None:
        """Ends the servers, then the lab."""
        for server in self._servers.values():
            server.close()
        self.lab.close()


class Visit:
    """Somebody with a browser at a server."""

    def __init__(self, browser: Browser, server: Server, theme: str, width: int, height: int) -> None:
        self._server, self._forgiven = server, [_THEIRS]
        self._context = browser.new_context(color_scheme=theme, viewport={"width": width, "height": height})
        self._context.set_default_timeout(_PATIENCE)
        self._seen: list[str] = []
        self._front = ""  # the notebook that is to be in front
        self._requested: list[str] = []
        self._context.on("request", lambda request: self._requested.append(request.url))
        self._context.on("console", self._heard)
        self._context.on("weberror", lambda error: self._seen.append(str(error.error)))
        self.page: Page = self._context.new_page()

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._seen.append(f"{message.text} ({message.location['url']})")

    @property
    def complaints(self) -> list[str]:
        """Errors of the console and of the page, but for those forgiven."""
        return [told for told in self._seen if not any(words.search(told) for words in self._forgiven)]

    @property
    def outside(self) -> list[str]:
        """Requests to other hosts; none of them got out."""
        return [url for url in self._requested if urlsplit(url).hostname not in (None, "127.0.0.1")]

    @property
    def outputs(self) -> Locator:
        """The outputs of the notebook."""
        return self.page.locator(".jp-OutputArea-output")

    @property
    def shown(self) -> Locator:
        """The notebook in front, of several that are open."""
        return self.page.locator("body" if self._server.kind == "voila" else _SHOWN)

    def led_to(self, notebook: str) -> None:
        """Waits until a link has led to another notebook."""
        self.page.wait_for_url(re.compile(re.escape(notebook)))
        self._front = notebook
        self.idle()

    def forgive(self, words: str) -> None:
        """Takes complaints that hold these words as wanted."""
        self._forgiven.append(re.compile(re.escape(words)))

    def open(self, notebook: str) -> Page:
        """Shows a notebook: in JupyterLab once its kernel is idle, in Voilà once all its cells have run."""
        self.page.goto(self._server.page(notebook), wait_until="commit")
        self._front = notebook
        self.idle()
        return self.page

    def idle(self) -> None:
        """Waits until no cell runs and the kernel is idle."""
        if self._server.kind == "voila":
            self.page.locator("#rendered_cells").wait_for(state="visible")
        else:
            self.page.wait_for_function(_IDLE, arg=self._front)

    def run_all(self) -> None:
        """Run > Run All Cells of JupyterLab, until it is done; once more where nothing comes of it.

        JupyterLab drops what is run while it still connects to a new kernel.
        """
        last = self.shown.locator(".jp-CodeCell").last.locator(".jp-OutputArea-output").first
        for _ in range(_TIMES):
            self.page.get_by_role("menuitem", name="Run", exact=True).click()
            self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
            with suppress(TookTooLong):
                last.wait_for(timeout=_AT_ONCE)
            self.idle()
            if last.is_visible():
                return
        raise AssertionError(f"{self._front} was run {_TIMES} times, and nothing came of it")

    def sideways(self) -> int:
        """By how many pixels the page, or the notebook in it, is wider than its window."""
        return int(self.page.evaluate(_SIDEWAYS))

    def resized(self, width: int) -> None:
        """Gives the window another width and waits for the next frame; on a phone JupyterLab's side bar is shut."""
        self.page.set_viewport_size({"width": width, "height": 900})
        if width < _DESK and self.page.locator("#jp-left-stack").is_visible():
            self.page.keyboard.press("Control+b")
        self.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def shot(self, name: str) -> Path:
        """Keeps a picture of the page; in Voilà of all of it, where it is as wide as a desk's."""
        folder = Path(os.environ.get("ECS_RUNBOOK_SCREENSHOTS") or ROOT / ".screenshots")
        folder.mkdir(parents=True, exist_ok=True)
        full = self._server.kind == "voila" and (self.page.viewport_size or {}).get("width", 0) >= _DESK
        self.page.screenshot(path=folder / f"{name}.png", full_page=full)
        return folder / f"{name}.png"

    def close(self) -> None:
        """Leaves, and says what was wrong."""
        self._context.close()
        seen = [*self.complaints, *self.outside]
        assert seen == [], "\n".join(seen)


def visits(browser: Browser) -> Iterator[Any]:
    """Makes visits, and closes all of them at the end."""
    made: list[Visit] = []

    def of(server: Server, theme: str = "light", width: int = 1280, height: int = 900) -> Visit:
        made.append(Visit(browser, server, theme, width, height))
        return made[-1]

    yield of
    for visit in made:
        visit.close()
