"""Who may use a chat that is served to others: user names and passwords."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Mapping
from pathlib import Path

from prompts import MessageError

ENVIRONMENT = "TANYA_AUTH"
BCRYPT = ("$2a$", "$2b$", "$2y$")
OTHER_HASHES = ("$apr1$", "$1$", "$5$", "$6$", "{SHA}", "{SSHA}")


class AccountsError(MessageError):
    """The file or variable with the accounts cannot be used; the message never quotes it."""


class Accounts:
    """User names with their passwords, plain or as bcrypt hashes."""

    def __init__(self, passwords: Mapping[str, str]) -> None:
        """``passwords`` by user name."""
        self._passwords = {user: password.encode() for user, password in passwords.items()}
        self._admitted: dict[str, bytes] = {}  # a digest of what each user last came in with

    def knows(self, authorization: str) -> bool:
        """Whether these credentials were admitted before: costs no hashing of passwords."""
        user, _ = _credentials(authorization)
        return hmac.compare_digest(self._admitted.get(user, b""), _digest(authorization))

    def admits(self, authorization: str) -> bool:
        """Whether an ``Authorization`` header of the scheme Basic names a user and the password.

        Slow for hashed passwords, as it should be; what was admitted is remembered.
        """
        user, password = _credentials(authorization)
        expected = self._passwords.get(user)
        # An unknown name costs the same as a wrong password, so that time does not tell names.
        compared = expected or next(iter(self._passwords.values()))
        right = _matches(password, compared) and expected is not None
        if right:
            self._admitted[user] = _digest(authorization)
        return right


def read_accounts(text: str, origin: str) -> Accounts:
    """The accounts of lines ``USER:PASSWORD``, as ``htpasswd -B`` writes them or plain.

    ``origin`` says in errors where the text comes from.

    Raises:
        AccountsError: a line is wrong, or there is none.
    """
    passwords: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        user, colon, password = line.strip().partition(":")
        if not (user and colon and password):
            raise AccountsError("no_account_in_line", origin=origin, number=number)
        if password.startswith(OTHER_HASHES):
            raise AccountsError("unknown_hash", origin=origin, number=number)
        if user in passwords:
            raise AccountsError("account_twice", origin=origin, number=number)
        passwords[user] = password
    if not passwords:
        raise AccountsError("no_accounts", origin=origin)
    return Accounts(passwords)


def find_accounts(file: Path | None) -> Accounts | None:
    """The accounts in ``file``, else those in the environment; None when there are neither.

    Raises:
        AccountsError: they cannot be read.
    """
    if file is not None:
        try:
            return read_accounts(file.expanduser().read_text(encoding="utf-8"), str(file))
        except UnicodeDecodeError:
            raise AccountsError("no_text_accounts", file=file) from None
        except OSError as error:
            raise AccountsError("unread_accounts", file=file, error=error) from error
    text = os.environ.get(ENVIRONMENT)
    return read_accounts(text, ENVIRONMENT) if text else None


def is_exposed(file: Path) -> bool:
    """Whether others than its owner may read a file, where a system has such permissions."""
    return os.name == "posix" and bool(file.expanduser().stat().st_mode & 0o044)


def _credentials(authorization: str) -> tuple[str, bytes]:
    """User and password of the header; empty when it is of another form."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return "", b""
    try:
        user, _, password = base64.b64decode(encoded.encode(), validate=True).partition(b":")
        return user.decode(), password
    except (binascii.Error, UnicodeDecodeError):
        return "", b""


def _matches(password: bytes, expected: bytes) -> bool:
    if expected.decode().startswith(BCRYPT):
        import bcrypt

        try:
            return bcrypt.checkpw(password, expected)
        except ValueError:  # longer than the 72 bytes that bcrypt takes, or a broken hash
            return False
    return hmac.compare_digest(password, expected)


def _digest(authorization: str) -> bytes:
    return hashlib.sha256(authorization.encode()).digest()
