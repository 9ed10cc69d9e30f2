"""Pages as they are kept: saved by a browser, or crawled."""

from __future__ import annotations

import plistlib
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import EmailMessage, MIMEPart

from index.errors import RejectedFileError
from index.readers.draft import LATE, MAX_BYTES, Draft, Source, of_part
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
    message = message_of(source)
    location = str(message.get("Snapshot-Content-Location") or "")
    pages = [part for part in message.walk() if part.get_content_type() in _PAGE_TYPES]
    if not pages:
        raise RejectedFileError("no_page")
    main = next((part for part in pages if part.get("Content-Location") == location), pages[0])
    html = decode_page(payload(main), main.get_content_charset() or "")
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


def message_of(source: Source) -> EmailMessage:
    try:
        return message_from_bytes(source.read(), policy=policy.default)
    except (MessageError, ValueError, RecursionError) as error:
        raise RejectedFileError("broken_message", error=error) from error


def payload(part: MIMEPart) -> bytes:
    data = part.get_payload(decode=True)
    return data[:MAX_BYTES] if isinstance(data, bytes) else b""
