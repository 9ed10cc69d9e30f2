"""The chat's server met with real requests: by strangers, other sites, and broken programs."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from visitor import Page, ready

from assistant.chat import guard
from evals.server import chat
from index.generations import live_generation
from tests.conftest import write_corpus

pytestmark = [
    pytest.mark.server, pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1"]),
]  # fmt: skip

QUESTION = "When was the Wendle bridge opened?"
STORY = b"Taman Kota Belira Dibuka\n\nTaman kota Belira dibuka untuk umum pada Selasa pagi.\n"
ANNA = ("anna", "kata-sandi-anna")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    write_corpus(home / "corpus")
    return home


@pytest.fixture(scope="module")
def own(home: Path) -> Iterator[str]:
    """The address of a chat for this machine's user."""
    with chat(home, home / "corpus", "--index", home / "index") as base:
        ready(base)
        yield base


@pytest.fixture(scope="module")
def shared(home: Path, own: str) -> Iterator[str]:
    """The same index served to others behind a proxy."""
    there = home / "shared"
    there.mkdir()
    arguments = ("--index", home / "index", "--root-path", "/tanya")
    with chat(there, *arguments, env={"TANYA_AUTH": ":".join(ANNA)}) as base:
        ready(base)
        yield base


def raw(base: str, method: str, path: str, **headers: str) -> tuple[int, str]:
    """A request whose path nobody tidies up."""
    connection = http.client.HTTPConnection(urlsplit(base).netloc, timeout=30)
    connection.putrequest(method, path, skip_host="Host" in headers)
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    response = connection.getresponse()
    body = response.read().decode("utf-8", "replace")
    connection.close()
    return response.status, body


def test_health_says_only_how_it_is(own: str, shared: str) -> None:
    for base in (own, shared, f"{shared}/tanya"):
        response = httpx.get(f"{base}/health", headers={"Host": "anything.example"})
        assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_a_question_is_answered_over_http(own: str) -> None:
    done = Page(own).ask(QUESTION)
    assert done["success"]
    assert "1964" in done["said"]


def test_a_program_asks_with_one_request(own: str, shared: str) -> None:
    for base, auth in ((own, None), (shared, ANNA), (f"{shared}/tanya", ANNA)):
        response = httpx.post(f"{base}/api/ask", json={"question": QUESTION}, auth=auth, timeout=60)
        assert response.status_code == 200
        assert "1964" in response.json()["short"]
    assert httpx.post(f"{shared}/api/ask", json={"question": QUESTION}).status_code == 401


@pytest.mark.parametrize("before", ["", "/id/", "/id/gradio_api/", "/id/assets/", "/id/static/"])
def test_no_path_leads_to_the_disk(before: str, own: str, home: Path) -> None:
    live = live_generation(home / "index")
    assert live is not None
    for target in (str(live.manifest), str(home / "corpus" / "bridge.md"), "/etc/passwd"):
        tried = [f"{before}file={target}", f"{before}file{target}", f"{before}{target}"]
        ups = ("../", "..%2f", "%2e%2e/", "..%252f", "....//", "..\\", "..%5c")
        tried += [f"{before}{up * 12}{target.lstrip('/')}" for up in ups]
        for path in tried:
            status, body = raw(own, "GET", path if path.startswith("/") else f"/{path}")
            assert status in (400, 403, 404), (status, path)
            assert not re.search("root:|encoder_name|Wendle", body), path


def test_a_link_through_this_server_leads_nowhere(own: str) -> None:
    for path in ("file=http://evil.example/", "file=//evil.example", "proxy=http://evil.example/"):
        status, _ = raw(own, "GET", f"/id/gradio_api/{path}")
        assert status == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},  # another program on this machine
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_another_site_can_send_nothing(headers: dict[str, str], own: str) -> None:
    page = Page(own)
    body = {"fn_index": 0, "data": [], "session_hash": page.session}
    for path in ("queue/join", "cancel", "reset", "call/ask", "run/ask", "upload"):
        response = page.http.post(f"gradio_api/{path}", json=body, headers=headers)
        assert response.status_code == 403
        assert "access-control-allow-origin" not in response.headers
    asked = page.http.post(f"{own}/api/ask", json={"question": QUESTION}, headers=headers)
    assert asked.status_code == 403
    if "Origin" in headers:
        assert page.http.get("config", headers=headers).status_code == 403
        preflight = headers | {"Access-Control-Request-Method": "POST"}
        response = page.http.request("OPTIONS", "gradio_api/queue/join", headers=preflight)
        assert response.status_code == 403
    own_origin = {"Origin": own, "Sec-Fetch-Site": "same-origin"}
    assert page.http.get("config", headers=own_origin).status_code == 200


def test_a_foreign_name_for_this_machine_is_refused(own: str) -> None:
    for name in ("evil.example", "127.0.0.1.evil.example", "evil.example:7373", "", "[::"):
        status, _ = raw(own, "GET", "/id/config", Host=name)
        assert status == 400, name


def test_a_body_has_a_limit_stated_or_not(own: str) -> None:
    page = Page(own)
    too_much = guard.MAX_BODY + 1
    response = page.http.post(
        "gradio_api/queue/join", content=b"[" + b" " * too_much, headers={"Expect": ""}
    )
    assert response.status_code == 413

    def pieces() -> Iterator[bytes]:
        for _ in range(too_much // 2**16 + 2):
            yield b" " * 2**16

    try:
        response = page.http.post("gradio_api/queue/join", content=pieces())
        assert response.status_code == 413
    except httpx.TransportError:
        pass  # the connection was closed while it was sent
    status, _ = raw(own, "POST", "/en/gradio_api/upload", Content_Length=str(guard.MAX_UPLOAD + 1))
    assert status == 413
    assert Page(own).ask(QUESTION)["success"]


def test_wrong_types_break_nothing(own: str) -> None:
    page = Page(own)
    wrong: list[object] = [
        [], None, "x", {}, [None] * 40, [{"a": []}] * 7, [["deep", [1]]] * 7, [1e308, -1, True] * 3,
        [{"id": 1, "exchanges": [{"id": "x"}]}] * 7, [{"path": "/etc/passwd"}] * 7,
    ]  # fmt: skip
    functions = [one["id"] for one in page.config["dependencies"] if one["backend_fn"]]
    for number, function in enumerate(functions):
        page.send(function, wrong[number % len(wrong)], event_data={"exchange": [], "text": 5})
    for body in (b"", b"{", b"[]", b"\xff", b'{"fn_index": 1e999, "data": [], "session_hash": 7}'):
        response = httpx.post(f"{own}/en/gradio_api/queue/join", content=body)
        assert response.status_code >= 400
    assert page.send(10**9, []).status_code in (400, 404, 422, 500)
    assert httpx.get(f"{own}/health").status_code == 200
    done = Page(own).ask(QUESTION)
    assert "1964" in done["said"]


def upload_folder(page: Page) -> Path:
    """Where the server puts what is uploaded."""
    [path] = page.http.post("gradio_api/upload", files={"files": ("kosong.txt", b"")}).json()
    return Path(path).parents[1]


def test_a_file_is_only_read_where_it_was_uploaded(own: str, home: Path) -> None:
    """In any input of any event: Gradio would copy or fetch what is named."""
    page = Page(own)
    files, asking = page.function("files", "upload"), page.function("composer", "submit")
    assert files is not None
    assert asking is not None
    before = live_generation(home / "index")
    folder = upload_folder(page)
    uploads = {path.name for path in folder.rglob("*")}
    here = ("/etc/passwd", str(home / "corpus" / "bridge.md"), "../../etc/passwd", "\0", "")
    for path in (*here, str(folder), "http://127.0.0.1:1/x.txt", f"{own}/health"):
        file = {"path": path, "orig_name": "x.txt", "meta": {"_type": "gradio.FileData"}}
        assert not page.outcome(files, [[file], None, "", None, None, []])["success"], path
        hidden = {"id": "x", "exchanges": [file]}
        assert not page.outcome(asking, ["x", hidden, None, "", None, None, []])["success"], path
    assert live_generation(home / "index") == before
    assert {path.name for path in folder.rglob("*")} == uploads


def test_what_one_sends_no_other_sees(own: str) -> None:
    one, other = Page(own), Page(own)
    name = "../../../rahasia anna.txt"
    uploaded = one.http.post("gradio_api/upload", files={"files": (name, STORY)}).json()
    [path] = uploaded
    assert Path(path).name == "rahasia anna.txt"
    for prefix in ("gradio_api/file=", "file=", "gradio_api/file"):
        assert other.http.get(f"{prefix}{path}").status_code == 404
    assert "1964" in one.ask(QUESTION)["said"]
    for place in ("config", "", "gradio_api/info"):
        assert "Wendle bridge opened" not in other.http.get(place).text
    parameters = {"session_hash": other.session}
    listened = ""
    with (
        contextlib.suppress(httpx.TransportError),  # it ends when there is nothing to wait for
        other.http.stream("GET", "gradio_api/queue/data", params=parameters) as stream,
    ):
        for piece in stream.iter_text():
            listened += piece
    assert "Wendle" not in listened


def test_an_upload_is_indexed_and_found(own: str, home: Path) -> None:
    page = Page(own)
    [path] = page.http.post("gradio_api/upload", files={"files": ("taman.txt", STORY)}).json()
    function = page.function("files", "upload")
    assert function is not None
    file = {"path": path, "orig_name": "taman.txt", "meta": {"_type": "gradio.FileData"}}
    assert page.outcome(function, [[file, file], None, "", None, None, []])["success"]
    assert "Selasa" in page.ask("Kapan taman kota Belira dibuka?")["said"]


def test_uploads_lie_in_a_private_folder_and_are_deleted_once_taken(
    own: str,
) -> None:
    page = Page(own)
    folder = upload_folder(page)
    assert folder.stat().st_mode & 0o077 == 0 or os.name != "posix"
    function = page.function("files", "upload")
    assert function is not None
    for name, content in (("rahasia.txt", STORY), ("foto.txt", bytes(range(256)) * 40)):
        [path] = page.http.post("gradio_api/upload", files={"files": (name, content)}).json()
        file = {"path": path, "orig_name": name, "meta": {"_type": "gradio.FileData"}}
        done = page.outcome(function, [[file], None, "", None, None, []])
        assert done["success"]
        assert name in done["said"]
        assert not Path(path).exists(), name


def test_nothing_but_health_is_there_without_a_password(shared: str) -> None:
    for path in ("/", "/id/", "/en/config", "/en/theme.css", "/en/gradio_api/info", "/favicon.ico"):
        response = httpx.get(f"{shared}{path}")
        assert response.status_code == 401
        assert response.headers["www-authenticate"].startswith("Basic")
        assert httpx.get(f"{shared}{path}", auth=ANNA).status_code in (200, 307)
    assert httpx.post(f"{shared}/en/gradio_api/queue/join", json={}).status_code == 401
    started = time.monotonic()
    for wrong in (("anna", "x"), ("eve", ANNA[1]), ("", "")):
        assert httpx.get(f"{shared}/id/", auth=wrong).status_code == 401
    assert time.monotonic() - started > 3 * guard.FAILURE_SECONDS


def test_others_change_nothing(shared: str, home: Path) -> None:
    page = Page(shared, ANNA)
    before = live_generation(home / "index")
    assert page.http.post("gradio_api/upload", files={"files": ("a.txt", STORY)}).status_code == 404
    changing = ("files", "upload"), ("paste", "click"), ("listing", "remove"), ("result", "undo")
    for part, event in changing:
        assert page.function(part, event) is None
    article = {"article": "bridge"}
    given = ["Judul Baru Ini\n\nIsi berita baru.", None, "", None, None, []]
    for one in page.config["dependencies"]:
        if one["backend_fn"]:
            page.send(one["id"], given[: len(one["inputs"])], event_data=article)
    assert "1964" in Page(shared, ANNA).ask(QUESTION)["said"]  # it goes on
    time.sleep(1.0)  # and so does what was just sent
    assert live_generation(home / "index") == before
    stored = [path for path in (home / "shared").rglob("*") if path.is_file()]
    assert not [path for path in stored if b"Belira" in path.read_bytes()]


def test_behind_a_proxy_every_address_has_its_path(shared: str) -> None:
    proxied = {"X-Forwarded-Host": "news.example", "X-Forwarded-Proto": "https"}
    http = httpx.Client(base_url=shared, auth=ANNA, headers=proxied)
    for path in ("/", "/tanya/"):  # stripped by the proxy or not
        assert http.get(path, headers={"Accept-Language": "en"}).headers["location"] == "/tanya/en/"
    assert http.get("/id").headers["location"] == "/tanya/id/"
    for path in ("/id/config", "/tanya/id/config"):
        assert http.get(path).json()["root"] == "https://news.example/tanya/id"
    assert "https://news.example/tanya/id" in http.get("/id/").text
    assert http.get("/id/", headers={"Origin": "https://news.example"}).status_code == 200
    assert http.get("/id/", headers={"Origin": "https://evil.example"}).status_code == 403
    assert "1964" in Page(shared, ANNA, "/tanya").ask(QUESTION)["said"]


def test_neither_questions_nor_secrets_are_logged(shared: str, home: Path) -> None:
    page = Page(shared, ANNA)
    asked = "Berapa harga durian montong Sukarame?"
    assert page.ask(asked)["success"]
    httpx.get(f"{shared}/id/?q=durian", auth=("anna", "salah-sandi"))
    page.send(page.function("composer", "submit") or 0, [{"durian": "montong"}])
    log = (home / "shared" / "chat.log").read_text(encoding="utf-8")
    for secret in (ANNA[1], "salah-sandi", "durian", "montong"):
        assert secret not in log
    for file in (home / "shared").rglob("*"):
        if file.is_file():
            assert b"durian" not in file.read_bytes(), file


def half_sent(address: str, path: str, kind: str, body: bytes) -> socket.socket:
    """A connection whose request never comes to its end."""
    parts = urlsplit(address)
    lines = [
        f"POST {path} HTTP/1.1", f"Host: {parts.netloc}", f"Content-Type: {kind}",
        "Content-Length: 900", "", "",
    ]  # fmt: skip
    sending = socket.create_connection((parts.hostname, parts.port), timeout=30)
    sending.sendall("\r\n".join(lines).encode() + body)
    return sending


def test_it_ends_quietly_when_told_to_while_much_is_open(
    home: Path, own: str, tmp_path: Path
) -> None:
    arguments = ("--index", home / "index", "--host", "0.0.0.0", "--no-auth")
    env = {"LC_ALL": "en_GB.UTF-8", "TMPDIR": str(tmp_path)}
    with (
        httpx.Client(timeout=60) as http,
        contextlib.ExitStack() as opened,
        chat(tmp_path, *arguments, env=env) as base,
    ):
        assert base.startswith("http://127.0.0.1:")
        ready(base)
        beat = http.build_request("GET", f"{base}/en/gradio_api/heartbeat/abc")
        http.send(beat, stream=True)
        for path, kind, body in (
            ("/api/ask", "application/json", b'{"quest'),
            ("/en/gradio_api/queue/join", "application/json", b'{"data'),
            ("/en/gradio_api/run/ask", "application/json", b""),
            ("/", "", b""),
        ):
            opened.enter_context(half_sent(base, path, kind, body))
        time.sleep(0.5)
        ended = time.monotonic()
    assert time.monotonic() - ended < 15
    others, goodbye = (tmp_path / "chat.log").read_text("utf-8").splitlines()
    assert re.fullmatch(r"For others on the network: http://\S+:\d+/", others)
    assert "0.0.0.0" not in others
    assert goodbye == "Tanya has ended."
    assert not list(tmp_path.glob("tanya-*"))
