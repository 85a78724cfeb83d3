"""``make voila``: the guided path as pages of this computer, for whoever has the address; nothing else is served."""

import http.client
import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from email.message import Message
from pathlib import Path

import pytest

from runbook_lib.serving.outputs import shown
from tests.command import ECS_RUNBOOK, clean_environment, ecs_runbook
from tests.test_practice_command import processes, running

ROOT = Path(__file__).parents[1]
RUN = "outputs/momentir-cx-llm-service/20261126T160000Z"
FILES = {
    f"{RUN}/report.ko.html": "<p>보고서</p>",
    f"{RUN}/report.en.html": "<p>report</p>",
    f"{RUN}/report.json": "{}",
    f"{RUN}/evidence.json": "{}",
    f"{RUN}/notebook.ipynb": "{}",
    f"{RUN}/.hidden/report.ko.html": "hidden",
    "outputs/.hidden/run/report.ko.html": "hidden",
    "report.ko.html": "outside the archive",
    "notebooks/.hidden.ipynb": "{}",
    "notebooks/notes.txt": "notes",
}
REFUSED = [
    f"/{RUN}/evidence.json",
    f"/{RUN}/report.json",
    f"/{RUN}/notebook.ipynb",
    f"/{RUN}/report.ko.html.bak",
    f"/{RUN}/",
    f"/{RUN}/.hidden/report.ko.html",
    f"/{RUN}/linked/report.ko.html",
    "/outputs/elsewhere/report.ko.html",
    "/outputs/.hidden/run/report.ko.html",
    "/outputs/../report.ko.html",
    "/outputs/%2e%2e/report.ko.html",
    "/outputs/x/..%2f..%2freport.ko.html",
    "/report.ko.html",
    "/parameters/lab.yaml",
    "/notebooks/.hidden.ipynb",
    "/notebooks/notes.txt",
    "/notebooks/no_such.ipynb",
    f"/notebooks/../{RUN}/notebook.ipynb",
    "/voila/files/parameters/lab.yaml",
    "/voila/render/notebooks/10_diagnose.ipynb",
    f"/voila/render/{RUN}/notebook.ipynb",
    "/voila/tree",
    "/voila/api/contents/",
    "/api/kernels",
]

pytestmark = pytest.mark.xdist_group("serve")  # one Voilà for all of them


class Pages:
    """``ecs-runbook serve`` as somebody runs it, with a home of the test's own."""

    def __init__(self, folder: Path, *words: str) -> None:
        for name in ("notebooks", "parameters"):
            shutil.copytree(ROOT / name, folder / name)
        extra = {"ECS_RUNBOOK_HOME": str(folder), "ECS_RUNBOOK_LANG": "ko", "ECS_RUNBOOK_OUTPUTS": "outputs"}
        self.process = subprocess.Popen(
            [ECS_RUNBOOK, "serve", "--port", "0", *words],
            stdout=subprocess.PIPE, text=True, env=clean_environment() | extra, start_new_session=True,
        )  # fmt: skip

    def listen(self) -> None:
        """Wait for what it says once it is ready."""
        assert self.process.stdout
        self.said = ""
        while "Ctrl-C" not in self.said:
            line = self.process.stdout.readline()
            assert line, "it ended"
            self.said += line
        self.host = re.findall(r"http://([\d.]+:\d+)/", self.said)[0]
        self.token = next(iter(re.findall(r"token=(\w+)", self.said)), "")

    def get(self, path: str, token: str = "", host: str = "") -> tuple[int, str, Message]:
        """Status, text and headers of an answer; redirections are not followed."""
        connection = http.client.HTTPConnection(self.host, timeout=20)
        headers = {"Authorization": f"token {token}"} if token else {}
        connection.request("GET", path, headers=headers | ({"Host": host} if host else {}))
        answer = connection.getresponse()
        told = answer.status, answer.read().decode(), answer.headers
        connection.close()
        return told

    def end(self, by: signal.Signals) -> str:
        """What it says at its end."""
        self.process.send_signal(by)
        return self.process.communicate(timeout=30)[0]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    folder = tmp_path_factory.mktemp("serve")
    made = Pages(folder, "--lab", "--lab-port", "0")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "outputs/elsewhere").symlink_to(folder)
    (folder / RUN / "linked").mkdir()
    (folder / RUN / "linked/report.ko.html").symlink_to(folder / "report.ko.html")
    try:
        made.listen()
        yield made
    finally:
        made.process.terminate()
        made.process.communicate()


def test_it_says_one_address_of_this_computer_and_where_the_lab_is(pages):
    assert re.findall(r"http://\S+token=\w{40,}", pages.said) == [f"http://{pages.host}/?token={pages.token}"]
    assert "실제 AWS 아님" in pages.said
    assert pages.host.startswith("127.0.0.1:")


def test_the_address_leads_to_the_first_page_and_the_token_leaves_it(pages):
    status, _, headers = pages.get(f"/?token={pages.token}")
    assert (status, headers["Location"]) == (302, "/notebooks/00_start.ipynb")
    assert "username-" in headers["Set-Cookie"]


@pytest.mark.parametrize("path", ["/", "/notebooks/10_diagnose.ipynb", f"/{RUN}/report.ko.html", "/nothing"])
@pytest.mark.parametrize("token", ["", "wrong"])
def test_without_its_token_nothing_is_shown_but_where_to_find_it(pages, path, token):
    status, told, _ = pages.get(path, token)
    assert status == 403
    assert "토큰" in told
    assert "보고서" not in told


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_an_archived_report_is_served_and_may_run_and_fetch_nothing(pages, lang):
    status, told, headers = pages.get(f"/{RUN}/report.{lang}.html", pages.token)
    assert (status, told) == (200, FILES[f"{RUN}/report.{lang}.html"])
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")


@pytest.mark.parametrize("path", REFUSED)
def test_nothing_else_is_served(pages, path):
    assert pages.get(path, pages.token)[0] == 404


def test_a_name_that_leads_here_from_elsewhere_is_refused(pages):
    assert pages.get("/", pages.token, host="attacker.example")[0] == 403


def test_a_port_that_is_taken_is_said_before_anything_starts(pages):
    port, before = pages.host.partition(":")[2], time.monotonic()
    done = ecs_runbook("serve", "--port", port, ECS_RUNBOOK_LANG="en")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"Port {port} is in use" in done.stderr
    assert time.monotonic() - before < 20


def test_the_labs_port_has_an_option_of_its_own():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        done = ecs_runbook("serve", "--port", "0", "--lab", "--lab-port", port, ECS_RUNBOOK_LANG="en")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--lab-port" in done.stderr


def test_where_there_are_no_notebooks_it_says_so(tmp_path):
    done = ecs_runbook("serve", "--port", "0", ECS_RUNBOOK_HOME=str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert "ecs-runbook init" in done.stderr


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGHUP], ids=lambda s: s.name)
def test_a_signal_ends_it_with_its_kernels(tmp_path, by):
    """The one without a token and without a lab, so that these are seen too."""
    made = Pages(tmp_path, "--no-token")
    try:
        made.listen()
        assert "token" not in made.said
        status, told, _ = made.get("/notebooks/00_start.ipynb")
        members = processes(made.process.pid)
        said = made.end(by)
    finally:
        made.process.kill()
    assert (status, made.process.returncode) == (200, 0)
    assert "<title>시작 · ecs-runbook</title>" in told
    assert len(members) >= 3
    assert "끝냅니다" in said
    assert [line for line in running() if int(line.split()[0]) in members] == []


def test_a_language_that_is_asked_for_counts_more_than_one_that_was_clicked_before(tmp_path):
    spoken = tmp_path / "outputs" / ".language"
    spoken.parent.mkdir()
    spoken.write_text("ko")
    made = Pages(tmp_path, "--lang", "en")
    made.listen()
    made.end(signal.SIGINT)
    assert spoken.read_text() == "en"


def test_a_kernel_whose_page_was_left_ends_by_itself(tmp_path):
    """As after a browser that was killed; a page that is left in order says so itself.

    Seconds enough that a kernel which starts on a slow machine is not taken for one that was left.
    """
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    settings = {"home": str(tmp_path), "outputs": str(tmp_path), "first": "", "port": 0, "lang": "en", "left": 5}
    words = [sys.executable, "-m", "runbook_lib.serving", json.dumps(settings | {"token": False})]
    env = clean_environment() | {"JUPYTER_RUNTIME_DIR": str(tmp_path), "ECS_RUNBOOK_HOME": str(tmp_path)}
    process = subprocess.Popen(words, env=env, stderr=subprocess.PIPE, text=True)
    try:
        told = tmp_path / f"jpserver-{process.pid}.json"
        awaited(lambda: told.exists() and told.read_text().endswith("}"))
        with urllib.request.urlopen(f"{json.loads(told.read_text())['url']}notebooks/10_diagnose.ipynb") as page:
            awaited(lambda: len(processes(process.pid)) > 1)  # while it is made: on a slow machine it is soon left
            assert page.read()
        awaited(lambda: len(processes(process.pid)) == 1)
    finally:
        process.terminate()
        process.communicate()


def awaited(so: Callable[[], bool]) -> None:
    """Waits until something is so."""
    until = time.monotonic() + 60
    while not so():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_fault_of_ours_is_a_sentence_and_what_libraries_warn_of_is_not_shown():
    fault = {"output_type": "error", "ename": "KeyError", "evalue": "'x'", "traceback": ["\x1b[31mKeyError", "at"]}
    ours = {"output_type": "error", "ename": "TargetError", "evalue": "", "traceback": ["There is no cluster."]}
    cell = {"cell_type": "code", "outputs": [{"output_type": "stream", "name": "stderr", "text": "w"}, fault, ours]}
    shown(cell, "en")
    assert [output["traceback"] for output in cell["outputs"]] == [
        ["A fault of this program stopped it here (`KeyError`). That says nothing about the service."
         " The server's log (`voila.log`) has the details."],
        ["There is no cluster."],
    ]  # fmt: skip


def test_make_voila_is_that_command():
    words = ["make", "--no-print-directory", "-n", "-o", "setup", "voila", "ARGS=--lab"]
    made = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    assert made.stdout.strip() == "exec .venv/bin/ecs-runbook serve --lab"
