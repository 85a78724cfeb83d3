"""Requests of the HTTP check against servers that answer, hang, break, lie and never end."""

import http.client
import socket
import time

import pytest

from runbook_lib.evidence.answers import PROBLEMS, Answer, Ask, Hop
from runbook_lib.probe import probe
from tests.raw_server import RawServer, answering

HOST = "api.example.com"
OK = b"HTTP/1.1 200 OK\r\nServer: uvicorn\r\nContent-Length: 2\r\n\r\nok"


def ask(place: str, **changed) -> Ask:
    return Ask(**({"scheme": "http", "host": HOST, "port": 80, "connect_to": place, "tries": 1} | changed))


def only(asked: Ask, seconds: float = 20) -> Answer:
    [answer] = probe([asked], seconds)
    return answer


def last(asked: Ask, seconds: float = 20) -> Hop:
    return only(asked, seconds).tries[-1][-1]


def served(script_of, **changed) -> Hop:
    """The hop of one request to a server that does ``script_of(server)`` with it."""
    server = RawServer(lambda connection: script_of(server, connection))
    with server:
        return last(ask(server.place, **changed))


def test_a_request_bears_the_hosts_name_and_goes_to_the_given_address():
    with answering(OK) as server:
        hop = last(ask(server.place, path="/health?a=1"))
    assert (hop.status, hop.line, hop.address) == (200, "HTTP/1.1 200 OK", server.place)
    [sent] = server.requests
    assert sent.startswith(b"GET /health?a=1 HTTP/1.1\r\n")
    assert b"\r\nHost: api.example.com\r\n" in sent


def test_another_port_is_part_of_the_host():
    with answering(OK) as server:
        last(ask(server.place, port=8080))
    assert b"\r\nHost: api.example.com:8080\r\n" in server.requests[0]


def test_every_try_is_a_connection_of_its_own_with_its_own_time():
    with answering(OK) as server:
        answer = only(ask(server.place, tries=4))
    assert len(answer.tries) == len(server.requests) == 4
    assert all(hops[0].ms > 0 for hops in answer.tries)


@pytest.mark.parametrize("scheme", ["http", "https", "tcp", "tls"])
def test_a_closed_port_is_a_refused_connection(scheme):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        place = f"127.0.0.1:{closed.getsockname()[1]}"
    hop = last(ask(place, scheme=scheme))
    assert (hop.problem, hop.connected, hop.status) == ("refused", False, 0)


def test_a_name_that_dns_does_not_know():
    hop = last(Ask("http", "no-such-balancer.invalid", 80, tries=1))
    assert (hop.problem, hop.connected) == ("not-resolved", False)


def test_a_queue_that_takes_no_more_is_a_connection_that_times_out():
    """A firewall that drops packets looks just like this from outside."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        waiting = []
        for _ in range(4):
            each = socket.socket()
            each.setblocking(False)
            each.connect_ex(full.getsockname())
            waiting.append(each)
        hop = last(ask(f"127.0.0.1:{full.getsockname()[1]}", patience_s=0.3))
        for each in waiting:
            each.close()
    assert (hop.problem, hop.connected) == ("connect-timeout", False)


BROKEN = {
    "hangs up at once": (lambda s, c: None, "lost"),
    "hangs up after the request": (lambda s, c: s.read(c), "lost"),
    "resets": (
        lambda s, c: (s.read(c), c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")),
        "lost",
    ),
    "half a status line": (lambda s, c: (s.read(c), c.sendall(b"HTTP/1.1 20")), "lost broken"),
    "half a head": (lambda s, c: (s.read(c), c.sendall(b"HTTP/1.1 200 OK\r\nServer: uv")), "lost broken"),
    "another protocol": (lambda s, c: (s.read(c), c.sendall(b"220 mail.example.com ESMTP\r\n")), "lost broken"),
    "binary": (lambda s, c: (s.read(c), c.sendall(bytes(range(256)) * 20)), "broken"),
    "a status that is none": (lambda s, c: (s.read(c), c.sendall(b"HTTP/1.1 9999 Yes\r\n\r\n")), "broken"),
    "a header of 10 MB": (
        lambda s, c: (s.read(c), c.sendall(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 10_000_000 + b"\r\n\r\n")),
        "broken",
    ),
    "a null in a header": (lambda s, c: (s.read(c), c.sendall(b"HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n")), "broken"),
    "silence": (lambda s, c: (s.read(c), s.hold(c)), "silent"),
    "silence in the middle": (
        lambda s, c: (s.read(c), c.sendall(b"HTTP/1.1 200 OK\r\nServer: "), s.hold(c)),
        "silent",
    ),
}


@pytest.mark.parametrize(("script", "problem"), BROKEN.values(), ids=BROKEN)
def test_what_is_no_answer_has_its_own_word(script, problem):
    hop = served(script, patience_s=0.5 if "silent" in problem else 10)
    assert hop.problem in problem.split()
    assert hop.problem in PROBLEMS
    assert (hop.status, hop.connected) == (0, True)


def test_one_byte_now_and_then_does_not_outlast_the_patience():
    def drip(server, connection):
        server.read(connection)
        for byte in b"HTTP/1.1 200 OK\r\nX: " + b"a" * 10_000:
            connection.sendall(bytes([byte]))
            server.closing.wait(0.05)

    began = time.monotonic()
    hop = served(drip, patience_s=0.4)
    assert hop.problem == "silent"
    assert time.monotonic() - began < 5


def test_of_an_endless_body_nothing_is_read():
    def endless(server, connection):
        server.read(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not server.closing.is_set():
            connection.sendall(b"fff\r\n" + b"x" * 0xFFF + b"\r\n")

    began = time.monotonic()
    assert served(endless).status == 200
    assert time.monotonic() - began < 5


def test_all_requests_together_end_by_the_deadline():
    server = RawServer(lambda connection: bool(server.hold(connection)))
    began = time.monotonic()
    with server:
        answers = probe([ask(server.place, tries=3), ask(server.place, tries=3)], seconds=0.5)
    assert time.monotonic() - began < 5
    assert {hops[-1].problem for answer in answers for hops in answer.tries} == {"deadline"}
    assert [len(answer.tries) for answer in answers] == [3, 3]


def redirect(location: str, status: int = 302) -> bytes:
    return f"HTTP/1.1 {status} Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()


@pytest.mark.parametrize("location", ["/login", "http://api.example.com/login", "//API.example.com/login", "login"])
def test_a_redirect_to_the_same_host_is_followed_and_kept(location):
    with answering(redirect(location), OK) as server:
        [hops] = only(ask(server.place)).tries
    assert [(hop.status, hop.location.lower()) for hop in hops] == [(302, "http://api.example.com/login"), (200, "")]
    assert server.requests[1].startswith(b"GET /login HTTP/1.1\r\nHost: api.example.com\r\n")


@pytest.mark.parametrize(
    "location", ["https://sso.example.com/?token=s3cret", "http://169.254.169.254/latest/meta-data", "http://[::1]/"]
)
def test_another_host_is_never_asked(location):
    with answering(redirect(location)) as server:
        [hops] = only(ask(server.place)).tries
    assert len(hops) == len(server.requests) == 1
    assert hops[0].location.partition("?")[0] == location.partition("?")[0]
    assert "s3cret" not in repr(hops)


@pytest.mark.parametrize(
    "location", ["javascript:alert(1)", "file:///etc/passwd", "http://[::1", "http://:x/", "", " "]
)
def test_a_location_that_is_no_address_is_not_followed(location):
    with answering(redirect(location)) as server:
        [hops] = only(ask(server.place)).tries
    assert [hop.status for hop in hops] == [302] or hops[-1].problem == "broken"
    assert hops[-1].location in ("", "http://api.example.com/")


def test_redirects_without_end_have_an_end():
    with answering(redirect("/again")) as server:
        [hops] = only(ask(server.place)).tries
    assert hops[-1].problem == "redirects"
    assert len(server.requests) == 6


def test_secrets_of_a_head_are_masked_and_the_rest_stays():
    with answering(
        b"HTTP/1.1 200 OK\r\nSet-Cookie: session=s3cret; Path=/\r\nAuthorization: Bearer s3cret\r\n"
        b"X-Api-Key: s3cret\r\nX-Amz-Security-Token: s3cret\r\nX-Auth: s3cret\r\nLink: <https://a/?sig=s3cret>\r\n"
        b"X-Version: 1.2.3\r\nX-Cache-Key: s3cret\r\nContent-Location: /a?token=s3cret\r\n"
        b"Refresh: 0;url=/?t=s3cret\r\n\r\n"
    ) as server:
        hop = last(ask(server.place))
    assert "s3cret" not in repr(hop)
    assert hop.header("x-version") == "1.2.3"
    assert hop.header("set-cookie") == hop.header("x-api-key") == "***"


def test_a_head_of_many_and_long_headers_is_cut():
    lines = b"".join(b"X-%d: %s\r\n" % (n, b"v" * 500) for n in range(80))
    with answering(b"HTTP/1.1 200 OK\r\n" + lines + b"\r\n") as server:
        hop = last(ask(server.place))
    assert len(hop.headers) == 60
    assert max(len(value) for _, value in hop.headers) <= 301


def test_a_head_may_be_in_any_encoding():
    with answering("HTTP/1.1 200 OK\r\nX-Name: 한글\r\nX-Latin: ".encode() + b"\xe9\r\n\r\n") as server:
        hop = last(ask(server.place))
    assert (hop.header("x-name"), hop.header("x-latin")) == ("한글", "é")


def test_a_port_that_speaks_no_tls():
    hop = served(lambda s, c: (c.recv(10), c.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")), scheme="https", port=443)
    assert (hop.problem, hop.connected) == ("tls", True)
    assert "SSL" in hop.said.upper() or "VERSION" in hop.said.upper()


def test_nothing_asked_is_nothing_answered():
    assert probe([]) == ()


def test_a_connection_alone_is_enough_for_tcp():
    server = RawServer(lambda connection: bool(server.hold(connection)))
    with server:
        hop = last(ask(server.place, scheme="tcp", port=6379))
    assert (hop.connected, hop.problem, hop.status, hop.url) == (True, "", 0, "tcp://api.example.com:6379")


def test_a_certificate_is_told_and_not_required(guide):
    place = guide.endpoint_url.partition("://")[2]
    host = "momentir-cx-llm-alb-1.ap-northeast-2.elb.amazonaws.com"
    answer = only(Ask("https", host, 443, connect_to=place, tries=2))
    assert [hops[0].status for hops in answer.tries] == [200, 200]
    assert answer.shown
    assert "self-signed" in answer.shown.distrust.replace("self signed", "self-signed")
    assert not answer.shown.certificate.covers(host)


def test_the_lab_answers_curl_and_the_probe_alike(guide):
    host, place = "momentir-cx-llm-alb-1.ap-northeast-2.elb.amazonaws.com", guide.endpoint_url.partition("://")[2]
    connection = http.client.HTTPConnection(place, timeout=10)
    connection.request("GET", "/health", headers={"Host": host})
    reply = connection.getresponse()
    hop = last(Ask("http", host, 80, "/health", connect_to=place, tries=1))
    assert (hop.status, hop.header("server")) == (reply.status, reply.getheader("Server"))
    connection.close()
