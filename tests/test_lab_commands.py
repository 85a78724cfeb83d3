"""``lab advance``, ``lab fault``, ``lab calls``: what they do to a running lab, and what they refuse."""

import json
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from runbook_lib import lab as labs
from runbook_lib.lab.hosting import Lab
from tests.command import ECS_RUNBOOK, clean_environment, ecs_runbook

HANGUL = re.compile("[가-힣]")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with labs.start("healthy", folder=tmp_path_factory.mktemp("lab")) as running:
        yield running


def told(lab: Lab, *words: object) -> Any:
    """What a command prints for machines."""
    done = ecs_runbook("lab", *words, "--endpoint-url", lab.endpoint_url, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(("text", "seconds"), [("90", 90), ("10m", 600), ("1h30m", 5400), ("1d", 86400), ("0", 0)])
def test_the_clock_moves_on(lab: Lab, text: str, seconds: int) -> None:
    before = lab.now
    assert told(lab, "advance", text)["now"] == pytest.approx(before + seconds, abs=0.01)


def test_the_clock_runs_freezes_and_is_read(lab: Lab) -> None:
    assert told(lab, "advance", "--speed", "60")["rate"] == 60
    assert told(lab, "advance", "--freeze")["rate"] == 0
    assert told(lab, "advance")["now"] == lab.now


def test_the_parameters_file_names_the_lab(lab: Lab) -> None:
    done = ecs_runbook("lab", "advance", "--params", lab.params, ECS_RUNBOOK_ENDPOINT_URL="http://127.0.0.1:9")
    assert (done.returncode, "KST (UTC+09:00) · 시계 멈춤" in done.stdout) == (0, True)


def test_an_option_names_the_lab_before_the_file_does(lab: Lab) -> None:
    done = ecs_runbook("lab", "advance", "--params", lab.params, "--endpoint-url", "http://127.0.0.1:9")
    assert done.returncode == 3


def test_faults_are_added_listed_and_taken_away(lab: Lab, boto: Callable[[str, str], Any]) -> None:
    told(lab, "fault", "slow", "--service", "ecs", "--seconds", "0", "--nth", "2", "--nth", "3")
    chance = ("--probability", "1", "--seed", "7")
    both = told(lab, "fault", "throttling", "--times", "1", *chance, "--action", "ListClusters")
    assert [rule["preset"] for rule in both["rules"]] == ["slow", "throttling"]
    assert boto("ecs", lab.endpoint_url).list_clusters()["ResponseMetadata"]["RetryAttempts"] == 1
    listed = ecs_runbook("lab", "fault", "--endpoint-url", lab.endpoint_url, "--lang", "en").stdout
    assert "throttling  action=ListClusters times=1 probability=1.0 seed=7  (calls taken: 1)" in listed
    left = told(lab, "fault", "--remove", str(both["rules"][0]["id"]))
    assert [rule["preset"] for rule in left["rules"]] == ["throttling"]
    assert told(lab, "fault", "--clear")["rules"] == []


def test_the_second_change_whatever_it_is_can_be_held(lab: Lab, boto: Callable[[str, str], Any]) -> None:
    told(lab, "fault", "hold-before", "--changes", "--nth", "2")
    logs, ecs = (boto(service, lab.endpoint_url) for service in ("logs", "ecs"))
    logs.create_log_group(logGroupName="/first")
    with ThreadPoolExecutor(1) as pool:
        second = pool.submit(ecs.create_cluster, clusterName="second")
        assert [call["action"] for call in lab.held()] == ["CreateCluster"]
        assert [call["hold"] for call in told(lab, "fault", "--list")["held"]] == ["before"]
        told(lab, "fault", "--clear")
        second.result()


def test_calls_are_shown_and_forgotten(lab: Lab, boto: Callable[[str, str], Any]) -> None:
    lab.forget_calls()
    lab.faults([{"preset": "access-denied", "service": "ecr"}])
    boto("ecs", lab.endpoint_url).list_clusters()
    client = boto("ecr", lab.endpoint_url)
    with pytest.raises(client.exceptions.ClientError):
        client.describe_repositories()
    lab.faults([])
    lines = ecs_runbook("lab", "calls", "--endpoint-url", lab.endpoint_url).stdout.splitlines()
    assert re.fullmatch(r"\d\d:\d\d:\d\d  200  ecs:ListClusters", lines[0])
    assert re.fullmatch(r"\d\d:\d\d:\d\d  400  ecr:DescribeRepositories  AccessDeniedException  fault=\d+", lines[1])
    assert [call["service"] for call in told(lab, "calls", "--last", "1", "--clear")] == ["ecr"]
    assert told(lab, "calls") == []


class _Stranger(BaseHTTPRequestHandler):
    """A server that is no lab and answers everything kindly."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"ok": true}')

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A server that is no lab, and a scenario with an unknown key, by the words that stand for them."""
    broken = tmp_path_factory.mktemp("broken") / "broken.yaml"
    broken.write_text("extends: healthy\nservise: a\n", encoding="utf-8")
    with HTTPServer(("127.0.0.1", 0), _Stranger) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield {"STRANGER": f"http://127.0.0.1:{server.server_address[1]}", "BROKEN": str(broken)}
        server.shutdown()


BAD = [
    ("advance -5", 2, "`-5`"),
    ("advance -- -5", 2, "`-5`"),
    ("advance --json -- -5", 2, "`-5`"),
    ("advance -1.5m", 2, "`-1.5m`"),
    ("advance 8d", 2, "7"),
    ("advance 10x", 2, "`10x`"),
    ("advance 10m5h", 2, "`10m5h`"),
    ("advance nan", 2, "`nan`"),
    ("advance 1 --speed -1", 2, "`-1`"),
    ("advance --speed 99999", 2, "3600"),
    ("advance --speed nan", 2, "`nan`"),
    ("advance --speed fast", 2, "`--speed`"),
    ("advance --speed 2 --freeze", 2, "`--freeze`"),
    ("advance --sped 2", 2, "`--speed`"),
    ("fault throtling", 2, "`throttling`"),
    ("fault zzzzzzz", 2, "ecs-rates"),
    ("fault --times 2", 2, "throttling"),
    ("fault throttling --times 0", 2, "`--times`"),
    ("fault throttling --nth -1", 2, "`--nth`"),
    ("fault throttling --probability 1.5", 2, "`--probability`"),
    ("fault slow --seconds -1", 2, "`--seconds`"),
    ("fault throttling --service esc2", 2, "'ec2'"),
    ("fault throttling --service ecs --action ListTask", 2, "'ListTasks'"),
    ("fault throttling --action nope", 2, "'nope'"),
    ("fault throttling --action ListTask", 2, "'ListTasks'"),
    ("fault ecs-rates --action DescribeImages", 2, "'DescribeImages'"),
    ("fault throttling --clear", 2, "`--clear`"),
    ("fault --remove 99", 2, "99"),
    ("calls --last 0", 2, "`--last`"),
    ("advance --endpoint-url http://10.1.2.3:5599", 2, "`http://10.1.2.3:5599`"),
    ("fault slow --endpoint-url https://ecs.ap-northeast-2.amazonaws.com", 2, "amazonaws.com"),
    ("advance 10m --endpoint-url STRANGER", 2, "127.0.0.1"),
    ("calls --endpoint-url http://127.0.0.1:9", 3, "ecs-runbook lab up"),
    ("up --speed -1", 2, "`-1`"),
    ("up --speed nan", 2, "`nan`"),
    ("up --start yesterday", 2, "`yesterday`"),
    ("up --seed -1", 2, "`--seed`"),
    ("up --scenario guid", 2, "guide"),
    ("up --scenario zzzzzzz", 2, "guide-target-group"),
    ("up --scenario BROKEN", 2, "servise"),
]


@pytest.mark.parametrize("case", BAD, ids=lambda case: case[0])
@pytest.mark.parametrize("lang", ["ko", "en"])
def test_bad_input_is_one_sentence(lab: Lab, places: dict[str, str], case: tuple[str, int, str], lang: str) -> None:
    words, code, named = case
    before = lab.now
    words = [places.get(word, word) for word in words.split()]
    done = ecs_runbook("lab", *words, ECS_RUNBOOK_ENDPOINT_URL=lab.endpoint_url, ECS_RUNBOOK_LANG=lang)
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    assert named in done.stderr
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr
    assert bool(HANGUL.search(done.stderr)) is (lang == "ko")
    assert (lab.now, lab.seen()) == (before, {})


def served(boto: Callable[[str, str], Any], home: Path, *words: object) -> tuple[list[str], float, float]:
    """The tasks, the time and the speed of a lab that a program serves; it is ended then."""
    environment = clean_environment() | {"ECS_RUNBOOK_HOME": str(home)}
    with subprocess.Popen([*map(str, words)], stdout=subprocess.PIPE, text=True, env=environment) as started:
        assert started.stdout
        url = json.loads(started.stdout.readline())["endpoint_url"]
        tasks = boto("ecs", url).list_tasks(cluster="momentir-cx-llm-cluster")["taskArns"]
        clock = json.loads(ecs_runbook("lab", "advance", "--endpoint-url", url, "--json").stdout)
        started.send_signal(signal.SIGINT)
    return tasks, clock["now"], clock["rate"]


def test_seed_start_and_speed_are_the_labs(tmp_path: Path, boto: Callable[[str, str], Any]) -> None:
    same = ["--scenario", "healthy", "--port", "0", "--seed", "7"]
    module = [sys.executable, "-m", "runbook_lib.lab", "--folder", tmp_path, "--rate", "0"]
    wanted = served(boto, tmp_path, *module, *same, "--start", "2026-11-23T07:00:00Z")
    command = [ECS_RUNBOOK, "lab", "up", "--speed", "0"]
    assert served(boto, tmp_path, *command, *same, "--start", "2026-11-23T16:00:00+09:00") == wanted
    assert wanted[2] == 0


@pytest.mark.parametrize("lang", ["ko", "en"])
@pytest.mark.parametrize("words", ["advance -5", "advance -- -5"])
def test_a_negative_duration_is_said_to_be_one(lang: str, words: str) -> None:
    done = ecs_runbook("lab", *words.split(), ECS_RUNBOOK_LANG=lang)
    assert {"ko": "뒤로", "en": "negative"}[lang] in done.stderr


@pytest.mark.parametrize("words", ["up --scenario zzzzzzz", "fault zzzzzzz"])
def test_where_no_name_is_near_none_is_called_nearest(words: str) -> None:
    done = ecs_runbook("lab", *words.split(), ECS_RUNBOOK_LANG="en")
    assert "Known are: " in done.stderr
    assert "Nearest" not in done.stderr


@pytest.mark.parametrize("lang", ["ko", "en"])
@pytest.mark.parametrize("in_the_way", [".lab", ".lab/healthy-PORT/parameters.yaml"])
def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path, in_the_way: str, lang: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    place = tmp_path / in_the_way.replace("PORT", port)
    if in_the_way == ".lab":
        place.touch()
    else:
        place.mkdir(parents=True)
    where = {"ECS_RUNBOOK_HOME": str(tmp_path), "ECS_RUNBOOK_LANG": lang}
    done = ecs_runbook("lab", "up", "--scenario", "healthy", "--port", port, **where)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
    assert f"`{tmp_path}/.lab/healthy-{port}`" in done.stderr
    assert "ECS_RUNBOOK_HOME" in done.stderr
