"""Pages as they are kept: saved by a browser, crawled, or sent by mail."""

from __future__ import annotations

import plistlib
from collections.abc import Iterator
from contextlib import suppress
from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import EmailMessage, MIMEPart
from io import BytesIO
from typing import BinaryIO, cast

from index.errors import RejectedFileError
from index.readers.draft import LATE, MAX_BYTES, Draft, Source, decode, draft_of, of_part
from index.readers.facts import Facts, stated_at
from index.readers.web import MAX_PAGE_BYTES, decode_page, read_page
from prompts import Message

NO_ARTICLE = Message("no_article_in_page")
_PAGE_TYPES = ("text/html", "application/xhtml+xml")


def read_html(source: Source) -> Iterator[Draft | Message]:
    origin = source.origin
    listed = Facts(title=origin.title, published=origin.published)
    html = decode_page(source.read(), origin.charset)
    yield read_page(html, url=origin.url, listed=listed) or NO_ARTICLE


def read_mhtml(source: Source) -> Iterator[Draft | Message]:
    """The page of a single-file save (``.mhtml``); its pictures and frames are passed over."""
    message = _message(source)
    location = str(message.get("Snapshot-Content-Location") or "")
    pages = [part for part in message.walk() if part.get_content_type() in _PAGE_TYPES]
    if not pages:
        raise RejectedFileError("no_page")
    main = next((part for part in pages if part.get("Content-Location") == location), pages[0])
    html = decode_page(_payload(main), main.get_content_charset() or "")
    url = location or str(main.get("Content-Location") or "")
    yield read_page(html, url=url, saved=stated_at(str(message.get("Date") or ""))) or NO_ARTICLE


def read_webarchive(source: Source) -> Iterator[Draft | Message]:
    """The page of a Safari save (``.webarchive``)."""
    try:
        saved = plistlib.loads(source.read())
        main = saved["WebMainResource"]
        data, kind = bytes(main["WebResourceData"]), str(main["WebResourceMIMEType"])
    except Exception as error:  # plistlib raises many, and expat's, which it does not export
        raise RejectedFileError("broken_webarchive", error=error) from error
    if kind not in _PAGE_TYPES:
        raise RejectedFileError("other_content", kind=kind)
    html = decode_page(data, str(main.get("WebResourceTextEncodingName") or ""))
    yield read_page(html, url=str(main.get("WebResourceURL") or "")) or NO_ARTICLE


def read_email(source: Source) -> Iterator[Draft | Message]:
    """A newsletter: its subject is the headline, its sender the outlet; attachments too."""
    from index.readers.packed import read_member

    message = _message(source)
    subject = str(message.get("Subject") or "")
    known = Facts(title=subject, published=str(message.get("Date") or ""), source=_sender(message))
    body = message.get_body(("html", "plain"))
    draft: Draft | None = None
    if body is not None and body.get_content_type() == "text/html":
        html = decode_page(_payload(body), body.get_content_charset() or "")
        sent = stated_at(known.published)
        with suppress(RejectedFileError):  # it may be only a notice, beside a text or attachments
            draft = read_page(html, known=known, saved=sent)
        body = message.get_body(("plain",)) if draft is None else None
    if draft is None and body is not None:
        lines = _plain_text(body).splitlines()
        fields = {"title": subject, "published": known.published, "source": known.source}
        draft = draft_of(fields, lines, "")
    attached = False
    for part in message.iter_attachments():
        name = part.get_filename()
        if name and part.get_content_maintype() != "image":
            attached = True
            stream = cast(BinaryIO, BytesIO(_payload(part)))
            yield from read_member(source, name, name, stream, source.deadline)
    if draft is not None:
        yield draft
    elif not attached:
        raise RejectedFileError("no_message_text")


def read_warc(source: Source) -> Iterator[Draft | Message]:
    """The pages of a crawl, each under its address."""
    from warcio.archiveiterator import ArchiveIterator
    from warcio.exceptions import ArchiveLoadFailed

    source.stream.seek(0)
    seen: set[str] = set()
    try:
        for record in ArchiveIterator(source.stream):
            url = record.rec_headers.get_header("WARC-Target-URI") or ""
            headers = record.http_headers
            if record.rec_type not in ("response", "resource"):
                continue
            if source.expired():
                yield of_part(url, LATE)
                return
            kind = (headers or record.rec_headers).get_header("Content-Type") or ""
            found = headers is None or headers.get_statuscode() == "200"
            if not found or kind.split(";")[0].strip().lower() not in _PAGE_TYPES:
                continue
            if url in seen:
                yield of_part(url, Message("captured_twice"))
                continue
            seen.add(url)
            data = record.content_stream().read(MAX_PAGE_BYTES + 1)
            try:
                charset = kind.partition("charset=")[2].strip(" \"'")
                saved = stated_at(record.rec_headers.get_header("WARC-Date") or "")
                draft = read_page(decode_page(data, charset), key=url, url=url, saved=saved)
            except RejectedFileError as error:
                yield of_part(url, error.message)
                continue
            yield draft or of_part(url, NO_ARTICLE)
    except (ArchiveLoadFailed, EOFError, OSError, ValueError, TypeError, AttributeError) as error:
        if not seen:
            raise RejectedFileError("broken_warc", error=error) from error
        yield Message("broken_after", pages=len(seen), error=error)


def _message(source: Source) -> EmailMessage:
    try:
        return message_from_bytes(source.read(), policy=policy.default)
    except (MessageError, ValueError, RecursionError) as error:
        raise RejectedFileError("broken_message", error=error) from error


def _payload(part: MIMEPart) -> bytes:
    data = part.get_payload(decode=True)
    return data[:MAX_BYTES] if isinstance(data, bytes) else b""


def _plain_text(part: MIMEPart) -> str:
    return decode(_payload(part), part.get_content_charset() or "")


def _sender(message: EmailMessage) -> str:
    """The name of the sender, else the address's domain."""
    header = message.get("From")
    addresses = getattr(header, "addresses", ())
    return next((one.display_name or one.domain for one in addresses), "")
