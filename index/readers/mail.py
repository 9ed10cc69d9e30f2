"""Mails: newsletters, what they forward, and what is attached to them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage, MIMEPart
from io import BytesIO
from typing import BinaryIO, cast

from index.errors import RejectedFileError
from index.readers.draft import Draft, Source, decode, draft_of
from index.readers.facts import Facts, stated_at
from index.readers.saved import message_of, payload
from index.readers.web import decode_page, read_page
from index.readers.wrapping import paragraph_lines
from prompts import Message


def read_email(source: Source) -> Iterator[Draft | Message]:
    """A newsletter: its subject is the headline, its sender the outlet; attachments too.

    Of a mail that forwards another, the other is read.
    """
    from index.readers.packed import read_member

    message = message_of(source)
    known = Facts(
        title=_PREFIXES.sub("", str(message.get("Subject") or "")),
        published=str(message.get("Date") or ""),
        source=_sender(message),
    )
    body = message.get_body(("html", "plain"))
    draft: Draft | None = None
    if body is not None and body.get_content_type() == "text/html":
        html = decode_page(payload(body), body.get_content_charset() or "")
        with suppress(RejectedFileError):  # it may be only a notice, beside a text or attachments
            draft = read_page(_own_markup(html), known=known, saved=stated_at(known.published))
        body = message.get_body(("plain",)) if draft is None else None
    if draft is None and body is not None:
        text = _own_text(_plain_text(body), bool(_REPLY.match(str(message.get("Subject") or ""))))
        fields = {
            "title": text.title or known.title,
            "published": text.published or known.published,
            "source": text.source or known.source,
        }
        draft = draft_of(fields, paragraph_lines(text.body), "")
    attached = False
    for number, part in enumerate(message.iter_attachments(), start=1):
        name = part.get_filename() or ""
        data = payload(part)
        if part.get_content_type() == "message/rfc822":
            name = name if name.lower().endswith(".eml") else f"{name or number}.eml"
            inner = part.get_payload(0)
            data = inner.as_bytes() if isinstance(inner, EmailMessage) else data
        if name and part.get_content_maintype() != "image":
            attached = True
            stream = cast(BinaryIO, BytesIO(data))
            yield from read_member(source, name, name, stream, source.deadline)
    if draft is not None:
        yield draft
    elif not attached:
        raise RejectedFileError("no_message_text")


def _plain_text(part: MIMEPart) -> str:
    text = decode(payload(part), part.get_content_charset() or "")
    if str(part.get_param("format") or "").lower() == "flowed":
        return _flowed(text, str(part.get_param("delsp") or "").lower() == "yes")
    return text


def _flowed(text: str, without_space: bool) -> str:
    """A text in format=flowed (RFC 3676) with its paragraphs on one line each.

    >>> _flowed("Air surut \\npada Selasa.\\n-- \\nAni", False)
    'Air surut pada Selasa.\\n-- \\nAni'
    """
    lines: list[str] = []
    open_ = ""  # the marks of quotation of a line that goes on
    going_on = False
    for line in text.splitlines():
        marks = re.match(r">*", line)
        depth = marks[0] if marks else ""
        said = line[len(depth) :].removeprefix(" ")
        if going_on and depth == open_ and said != "-- ":
            lines[-1] += said
        else:
            lines.append(f"{depth} {said}" if depth else said)
        open_, going_on = depth, said.endswith(" ") and said != "-- "
        if going_on and without_space:
            lines[-1] = lines[-1][:-1]
    return "\n".join(lines)


_PREFIXES = re.compile(r"^(?:\s*(?:re|bls|fwd?|trs?|terusan)\s*:)+\s*", re.I)
_REPLY = re.compile(r"^\s*(?:re|bls)\s*:", re.I)
_FORWARDED = re.compile(
    r"^[\s-]*(?:forwarded message|begin forwarded message:|pesan (?:yang )?diteruskan|"
    r"pesan terusan)[\s-]*$",
    re.I,
)
_ORIGINAL = re.compile(r"^[\s-]*(?:original message|pesan asli)[\s-]*$", re.I)
_HEADER = re.compile(
    r"^\s*\*?(from|dari|date|tanggal|sent|dikirim|terkirim|subject|subjek|perihal|to|kepada|untuk|"
    r"cc|reply-to)\s?:\*?\s*(.*)$",
    re.I,
)
_WROTE = re.compile(r"^\s*(?:on|pada)\b.{5,200}\b(?:wrote|menulis)\s?:\s*$", re.I)
LEAST_HEADERS = 3  # lines that make a block of them the head of a forwarded mail


@dataclass(frozen=True, slots=True)
class _Own:
    """The own text of a mail; of one that it forwards also what its head says."""

    body: str
    title: str = ""
    published: str = ""
    source: str = ""


def _own_text(text: str, is_reply: bool) -> _Own:
    """``text`` without what it quotes; of a mail that forwards another, the text of that."""
    lines = text.splitlines()
    own = [line for line in lines if not line.lstrip().startswith(">") and not _WROTE.match(line)]
    if not any(line.strip() for line in own):  # it only passes on what it quotes
        own = [line.lstrip(" >") for line in lines]
    for start in range(len(own)):
        head: dict[str, str] = {}
        end = start
        while end < len(own) and (match := _HEADER.match(own[end])):
            head[match[1].lower()] = match[2].strip()
            end += 1
        marked = start and any(map(_marks_forwarded, own[max(0, start - 2) : start]))
        if len(head) < LEAST_HEADERS and not (marked and len(head) > 1):
            continue
        if is_reply or any(map(_ORIGINAL.match, own[max(0, start - 2) : start])):
            return _Own("\n".join(one for one in own[:start] if not _ORIGINAL.match(one)))
        sender = head.get("from") or head.get("dari") or ""
        return _Own(
            "\n".join(own[end:]),
            _PREFIXES.sub("", head.get("subject") or head.get("subjek") or head.get("perihal", "")),
            next((head[one] for one in _SENT if one in head), ""),
            re.sub(r"\s*[<\[(].*$", "", sender).strip(" \"'"),
        )
    return _Own("\n".join(own))


_SENT = ("date", "sent", "tanggal", "dikirim", "terkirim")


def _marks_forwarded(line: str) -> bool:
    return bool(_FORWARDED.match(line))


def _own_markup(html: str) -> str:
    """A mail in HTML without what it quotes, unless that is all."""
    from lxml import etree
    from lxml.html import HTMLParser, document_fromstring, tostring

    if "cite" not in html and "gmail_quote" not in html:
        return html
    try:
        parser = HTMLParser(encoding="utf-8", recover=True)
        tree = document_fromstring(html.encode("utf-8", "replace"), parser=parser)
    except etree.LxmlError:
        return html
    quoted = tree.xpath(
        "//blockquote[@type='cite' or contains(@class, 'gmail_quote')] |"
        " //*[contains(@class, 'moz-cite-prefix')]"
    )
    for element in quoted:
        if element.getparent() is not None:
            element.drop_tree()
    left = " ".join(tree.text_content().split())
    return str(tostring(tree, encoding="unicode")) if len(left) > LEAST_OWN_CHARS else html


LEAST_OWN_CHARS = 200  # beside a quotation, else the quotation is what is passed on


def _sender(message: EmailMessage) -> str:
    """The name of the sender, else the address's domain."""
    header = message.get("From")
    addresses = getattr(header, "addresses", ())
    return next((one.display_name or one.domain for one in addresses), "")
