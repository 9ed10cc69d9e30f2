"""Who may come in, decided without a server."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import bcrypt
import pytest

from assistant.chat.accounts import (
    Accounts,
    AccountsError,
    find_accounts,
    is_exposed,
    read_accounts,
)
from assistant.chat.guard import AccessError, choose_access, is_served


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.fixture
def accounts() -> Accounts:
    hashed = bcrypt.hashpw(b"rahasia", bcrypt.gensalt(4)).decode().replace("$2b$", "$2y$")
    return read_accounts(f"# the desk\nanna:kata:sandi\n\nbudi:{hashed}\nsári:π\n", "x")


def test_plain_and_hashed_passwords_admit(accounts: Accounts) -> None:
    for user, password in (("anna", "kata:sandi"), ("budi", "rahasia"), ("sári", "π")):
        credentials = basic(user, password)
        assert not accounts.knows(credentials)
        assert accounts.admits(credentials)
        assert accounts.knows(credentials)


@pytest.mark.parametrize(
    "header",
    [
        "", "Basic", "Basic !!", "Bearer x", basic("", ""), basic("anna", ""), basic("anna", "π"),
        basic("budi", "kata:sandi"), basic("budi", "x" * 100), basic("eve", "kata:sandi"),
        "Basic " + base64.b64encode(b"\xff:\xff").decode(), "Basic \u00ff",
    ],
)  # fmt: skip
def test_everything_else_does_not(header: str, accounts: Accounts) -> None:
    assert not accounts.admits(header)
    assert not accounts.knows(header)


def test_the_hash_itself_is_no_password(accounts: Accounts) -> None:
    hashed = bcrypt.hashpw(b"rahasia", bcrypt.gensalt(4)).decode()
    assert not read_accounts(f"budi:{hashed}", "x").admits(basic("budi", hashed))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no account"),
        ("# only this\n", "no account"),
        ("anna:geheim\nbudi\n", "line 2"),
        ("anna:\n", "line 1"),
        (":geheim\n", "line 1"),
        ("anna:geheim\nanna:other\n", "twice"),
        ("anna:$apr1$geheim\n", "htpasswd -nB"),
    ],
)
def test_a_wrong_file_says_where_and_quotes_nothing(text: str, said: str) -> None:
    with pytest.raises(AccountsError, match=said) as error:
        read_accounts(text, "accounts.txt")
    assert "geheim" not in str(error.value)


def test_accounts_come_from_the_file_before_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert find_accounts(None) is None
    monkeypatch.setenv("TANYA_AUTH", "anna:dari-lingkungan")
    found = find_accounts(None)
    assert found
    assert found.admits(basic("anna", "dari-lingkungan"))
    (tmp_path / "file").write_text("anna:dari-berkas\n")
    found = find_accounts(tmp_path / "file")
    assert found
    assert found.admits(basic("anna", "dari-berkas"))
    for wrong in (tmp_path / "none", tmp_path):
        with pytest.raises(AccountsError, match="name another file"):
            find_accounts(wrong)
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    with pytest.raises(AccountsError, match="UTF-8"):
        find_accounts(tmp_path / "bytes")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "news.example", "localhost.x"])
def test_others_need_a_password_unless_told_otherwise(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(AccessError, match="--no-auth"):
        choose_access(host)
    assert not choose_access(host, no_auth=True).changes
    assert choose_access(host, no_auth=True, allow_changes=True).changes
    monkeypatch.setenv("TANYA_AUTH", "anna:sandi")
    assert choose_access(host).accounts
    assert not choose_access(host).changes
    assert choose_access(host, no_auth=True).accounts is None


def test_a_proxy_lets_others_in_too() -> None:
    with pytest.raises(AccessError, match="--no-auth"):
        choose_access("127.0.0.1", "/tanya")
    access = choose_access("127.0.0.1", "/tanya/", no_auth=True)
    assert (access.root_path, access.changes) == ("/tanya", False)
    for wrong in ("tanya", "//evil.example", "/a b", "http://evil.example", "/a?b", "/a\r\nX: y"):
        with pytest.raises(AccessError, match="--root-path"):
            choose_access("127.0.0.1", wrong, no_auth=True)


def test_on_this_machine_nothing_is_asked_and_everything_allowed(tmp_path: Path) -> None:
    for host in ("127.0.0.1", "127.3.2.1", "localhost", "::1"):
        access = choose_access(host)
        assert access.changes
        assert access.accounts is None
    with pytest.raises(AccessError, match="contradict"):
        choose_access("127.0.0.1", auth=tmp_path, no_auth=True)


@pytest.mark.parametrize(
    "path",
    [
        "/id/gradio_api/file=/etc/passwd", "/id/gradio_api/file/etc/passwd", "/id/file=/etc/passwd",
        "/id/gradio_api/file=http://169.254.169.254/", "/id/gradio_api/proxy=http://x.example/",
        "/id/assets/../../x", "/id/static/..", "/id/monitoring", "/id/login", "/id/gradio_api/runs",
        "/id/gradio_api/custom_component/0/client/component/x", "/id/gradio_api/dev/reload",
        "/id/gradio_api/deep_link", "/xx/", "/docs", "/openapi.json", "/id/gradio_api/vibe-code",
        "/id/gradio_api/stream/x/1/2/playlist.m3u8",
    ],
)  # fmt: skip
def test_what_the_page_does_not_need_is_not_served(path: str) -> None:
    assert not any(is_served(method, path, True) for method in ("GET", "HEAD", "POST", "PUT"))


@pytest.mark.skipif(os.name == "nt", reason="no such permissions")
@pytest.mark.parametrize(("mode", "exposed"), [(0o600, False), (0o640, True), (0o604, True)])
def test_a_file_of_accounts_that_others_may_read_is_noticed(
    mode: int, exposed: bool, tmp_path: Path
) -> None:
    file = tmp_path / "accounts"
    file.touch()
    file.chmod(mode)
    assert is_exposed(file) == exposed
