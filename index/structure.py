"""The structure of a news page: headline, date line, by-line, captions, body, boilerplate.

Decided within each file, from the form of its lines and phrases that news pages of both
languages share. No rule names an outlet.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from index.dates import FoundDate, find_date, is_calendar, is_plausible, is_relative, without_hijri
from index.text import words
from index.types import Role


@dataclass(frozen=True, slots=True)
class Page:
    """What a page says about itself, and its blocks in order."""

    title: str
    published: datetime | None
    date_only: bool
    author: str
    blocks: tuple[tuple[str, Role], ...]


_BYLINE = re.compile(
    r"^(?:by|oleh|penulis|reporter|pewarta|wartawan|editor|redaktur|written by|reporting by|"
    r"edited by|penyunting|laporan|author|kontributor|contributor|jurnalis)"
    r"\b\s*[:|]?\s+(?P<name>.+)$",
    re.I,
)
_CREDIT = re.compile(
    r"\b(?:photograph|photo|picture|image|illustration)s?\s+(?:by|courtesy)\b|"
    r"(?:^|[\s(.\-–—|])(?:foto|photo|photograph|gambar|ilustrasi|illustration|image|picture|"
    r"dok|getty|antara|afp|reuters|ap photo|file photo|image caption|keterangan foto)s?"
    r"(?:\s+(?:by|oleh|credit|caption))?\s*[:/©]|(?:^|[\s(])dok\.|"
    r"^(?:image caption|image source|keterangan foto|caption|pictured)\b|"
    r"^(?:foto|photo|ilustrasi)\b(?! (?:yang|itu|ini|tersebut|which|that|was|is)\b)|"
    r"\((?:foto|photo|image|ilustrasi|dok)\b[^)]*\)\s*\.?$|/\s?(?:foto|photo)\b",
    re.I,
)
# "... on Friday. SAMPLE WIRE/Jane Doe", "... (AGENCY/J. Doe/foc)"
_AGENCY_CREDIT = re.compile(
    r"\b(?:photograph|photo|picture|image|illustration)s?\s+(?:by|courtesy)\b|"
    r"(?:^|[.!?)]\s+|[(\[])[A-ZÀ-Þ][\w.]*(?:\s+[A-ZÀ-Þ][\w.]*){0,4}\s?/\s?"
    r"[A-ZÀ-Þ][\w.’'-]*(?:\s+[A-ZÀ-Þ][\w.’'-]*){0,3}(?:/\w+)*[)\].]*$"
)
_NAME_CREDIT = re.compile(r"[.!?]\s+\((?:[A-ZÀ-Þ][\w.’'-]+\s+){1,3}[A-ZÀ-Þ][\w.’'-]+\)$")
_BIOGRAPHY = re.compile(
    r"^[A-ZÀ-Þ][^.]{2,60}\b(?:is (?:a|an|the)|adalah|merupakan)\s+(?:[\w-]+\s+){0,3}"
    r"(?:writer|reporter|editor|journalist|author|columnist|correspondent|penulis|wartawan|jurnalis|kolumnis)\b"
)
_BULLET = re.compile(r"^[•●▪‣·*–—-]\s+(?=\S)")
_PROMPT = re.compile(
    r"^(?:\W*)(?:baca juga|baca selengkapnya|baca|simak juga|simak|lihat juga|lihat|tonton|video|"
    r"read also|read more|also read|read next|related|see also|watch|listen|more on this|"
    r"recommended|don't miss|jangan lewatkan|berita terkait|artikel terkait|terkait|rekomendasi|"
    r"terpopuler|populer|most read|most popular|trending|berita terkini|berita lainnya|"
    r"tag|tags|topik|topics|label|kata kunci|keywords|share|bagikan|sebarkan|copyright|"
    r"hak cipta|komentar|comments?|tulis komentar|leave a comment|iklan|advertisement|"
    r"advertorial|sponsored|follow|ikuti|subscribe|berlangganan|sign up|daftar|newsletter|"
    r"dapatkan|get (?:the latest|daily)|download|unduh|halaman|page|selanjutnya|"
    r"sebelumnya|next|previous|home|beranda|login|masuk|menu|search|cari|kembali|back to|scroll|"
    r"lanjut(?:kan)?|updated|diperbarui|last updated|sumber|source|indeks|contact us|about us|"
    r"tentang kami)\b",
    re.I,
)
_INVITATION = re.compile(
    r"\b(?:klik (?:di ?sini|tautan)|click here|newsletter|whatsapp channel|google news|"
    r"kanal (?:whatsapp|telegram|youtube|berita|kami)|"
    r"(?:meng)?aktifkan javascript|enable javascript|"
    r"grup telegram|daftarkan diri|sign up|subscribe|berlangganan|follow us|ikuti kami|"
    r"all rights reserved|hak cipta|tulis komentar|download aplikasi|our app|"
    r"terms of (?:use|service)|"
    r"privacy policy|kebijakan privasi|pedoman media siber|inbox|dilarang (?:keras )?(?:mengutip|"
    r"menyalin|memperbanyak|mengambil (?:isi|sebagian|seluruh|konten))|"
    r"tanpa (?:seizin|izin tertulis)|"
    r"without (?:written )?permission|"
    r"our (?:standards|guidelines)|house rules|(?:comments?|comment section) (?:is|are|section)|"
    r"quotes delayed|this article appears|"
    r"(?:tulisan|artikel) ini (?:telah|pernah) (?:terbit|tayang)|"
    r"funded (?:entirely )?by (?:our )?readers|never miss|langganan|dicetak oleh|printed by|"
    r"hub(?:ungi|\.)[^.]{0,30}\d{3}|"
    r"this (?:story|article) was (?:first|originally) published|cookies?)\b",
    re.I,
)
_PAGER = re.compile(
    r"^(?:(?:halaman|page|laman)\s*)?\d+\s*(?:(?:dari|of|/)\s*\d+|(?:[\s|·]+\d+)+.*)$|^\d+$", re.I
)
_SIGNATURE = re.compile(
    r"^[(\[][\w\s./*,&-]{1,40}[)\]]$|^[-*_=~•·\s]+$|^©|^\W*#\w+(?:[\s,]+#\w+)*$"
)
_END_OF_SENTENCE = re.compile(r"""[.!?…:;]["'”’»)\]]*$""")
_INITIALS = re.compile(r"\s*\([\w/.,& -]{2,30}\)$")  # "(abc/def)" behind the last sentence
_QUOTE_START = re.compile(r"""^["'“‘«]""")
_NAME_LINE = re.compile(r"^[A-ZÀ-Þ][\w.’'-]+(?:\s+[A-ZÀ-Þ][\w.’'-]*){1,3}$")
_HEADING_PREFIX = re.compile(r"^#{1,6}\s+")


def parse_page(lines: list[str], title: str = "") -> Page:
    """The page made of these blocks; ``title`` when it is known from elsewhere.

    Every block that is not the headline, the date line or the by-line is kept, with its role.
    """
    blocks = [line.strip() for line in lines]
    blocks = [line for line in blocks if line]
    body_flags = [_is_body(line) for line in blocks]
    first_body = next((i for i, flag in enumerate(body_flags) if flag), len(blocks))
    used: set[int] = set()
    if not title:
        position = _headline(blocks[:first_body])
        if position is None and len(blocks) > 1 and _is_asking_headline(blocks[0]):
            position = 0
        if position is not None:
            title = _HEADING_PREFIX.sub("", blocks[position])
            used.add(position)
    else:
        folded = words(title)
        used |= {i for i, line in enumerate(blocks[: first_body + 1]) if words(line) == folded}
    published, date_only = None, True
    author = ""
    for i in _near_head(blocks, first_body):
        line = blocks[i]
        if i in used or (body_flags[i] and len(words(line)) > 25):
            continue
        byline = _BYLINE.match(line)
        found = _date(line)
        if is_relative(line) or is_calendar(line):
            used.add(i)
        elif found and _is_date_line(line, found.span):
            used.add(i)
            sharper = date_only and not found.date_only
            if published is None or (sharper and found.when.date() == published.date()):
                published, date_only = found.when, found.date_only
            if byline:
                author = author or _person(line[: found.span[0]], byline)
        elif byline and len(words(line)) <= 12:
            author = author or _person(line, byline)
            used.add(i)
    if published is None and first_body < len(blocks):
        published = _dateline(blocks[first_body])
    if not author:
        author = _lone_name(blocks, used, first_body)
    last_body = max((i for i, flag in enumerate(body_flags) if flag), default=-1)
    headline_at = min(used, default=0)
    repeated = _repeated(blocks)
    roles: list[tuple[str, Role]] = []
    for i, line in enumerate(blocks):
        if i in used:
            continue
        text = _HEADING_PREFIX.sub("", line)
        role = _role(line, body_flags[i], headline_at < i < last_body)
        if role == "body" and (i in repeated or _is_biography(line, author, i, last_body)):
            role = "boilerplate"
        roles.append((text, role))
    return Page(title, published, date_only, author, tuple(roles))


def _date(line: str) -> FoundDate | None:
    found = find_date(line)
    return found if found and is_plausible(found.when) else None


_PLACE = re.compile(r"[A-ZÀ-Þ][\w.’'-]*(?:\s+[A-ZÀ-Þ][\w.’'-]*){0,3}\s*[,(]\s*\(?")
_DATELINE_END = re.compile(r"\)?\s*(?:\([^()]{1,30}\)|/[A-Z][\w ]{1,20}/?)?\s*(?:[–—-]|\.{2,})")


_LEAD_DAY = re.compile(
    r"\b(?:Senin|Selasa|Rabu|Kamis|Jum['’]?at|Sabtu|Minggu|Ahad)\s+"
    r"(\(\d{1,2}/\d{1,2}/(?:19|20)\d\d\))"
)


def _dateline(lead: str) -> datetime | None:
    """The day that a first paragraph dates itself by; never one that the text speaks of.

    Indonesian newspapers do it behind the place or behind the weekday.

    >>> _dateline("Jakarta, 3 Februari 2020 – Jembatan itu ambruk.").day
    3
    >>> _dateline("Warga mengungsi ke balai desa, Kamis (9/2/2023).").day
    9
    >>> _dateline("Pada 3 Februari 2020 – hari Senin – jembatan itu ambruk.") is None
    True
    """
    if day := _LEAD_DAY.search(lead):
        stated = _date(day[1])
        return stated.when if stated else None
    found = _date(lead[:80])
    if found is None or not _PLACE.fullmatch(lead[: found.span[0]]):
        return None
    return found.when if _DATELINE_END.match(lead, found.span[1]) else None


def _near_head(blocks: list[str], first_body: int) -> list[int]:
    """Positions where date and by-line stand: the head first, then the foot."""
    head = list(range(min(len(blocks), first_body + 3)))
    return head + [i for i in range(len(blocks)) if i >= len(head)]


def _headline(head: list[str]) -> int | None:
    """The most headline-like line of the head: a long enough one that is no menu or date."""
    best, best_score = None, 0.0
    for i, line in enumerate(head):
        count = len(words(line))
        if not 3 <= count <= 40 or _BYLINE.match(line) or _is_credit(line):
            continue
        found = find_date(line)
        if (found and _is_date_line(line, found.span)) or is_relative(line) or is_calendar(line):
            continue
        if _is_menu(line) or (_PROMPT.match(line) and count < 6):
            continue
        score = min(count, 8) + (5 if _HEADING_PREFIX.match(line) else 0)
        score -= 3 if line.endswith(".") else 0
        score -= 4 if line.isupper() else 0
        if score > best_score:
            best, best_score = i, float(score)
    return best


def _is_asking_headline(line: str) -> bool:
    """A first line such as "Who will win?": short, and no statement."""
    return len(words(line)) <= 20 and line.endswith(("?", "!", "…", ":"))


def _is_menu(line: str) -> bool:
    parts = [part for part in re.split(r"\s*[|·»>/•]\s*|\s{2,}|,\s+", line) if part]
    return len(parts) >= 3 and max(len(part.split()) for part in parts) <= 3


def _is_date_line(line: str, span: tuple[int, int]) -> bool:
    """A line that is little more than a date, e.g. with a weekday, a by-line or "Published"."""
    outside = words(without_hijri(line[: span[0]] + " " + line[span[1] :]))
    return len(outside) <= 8 and not _is_body(line)


def _person(line: str, byline: re.Match[str]) -> str:
    name = re.split(r"\s*[|/–—]\s*|\s-\s|,\s", line[byline.start("name") :])[0]
    return name.strip(" ,-–—|")


def _is_body(line: str) -> bool:
    """A line of running text: a whole sentence that is no invitation, credit or list entry."""
    count = len(words(line))
    if count < 4 or not _END_OF_SENTENCE.search(_INITIALS.sub("", line)):
        return False
    if _PAGER.match(line) or _SIGNATURE.match(line) or _is_credit(line) or _is_menu(line):
        return False
    if _INVITATION.search(line) and count < 40:
        return False
    return not (_PROMPT.match(line) and (":" in line[:40] or count < 12))


def _is_credit(line: str) -> bool:
    """A caption: a photographer's or agency's credit at either end of a short block."""
    if len(words(line)) > 60:
        return False
    if _AGENCY_CREDIT.search(line) or _NAME_CREDIT.search(line):
        return True
    match = _CREDIT.search(line)
    return bool(match and (match.start() < 12 or len(line) - match.start() < 60))


def _repeated(blocks: list[str]) -> set[int]:
    """Positions of short blocks whose words stand inside another block: pull quotes."""
    texts = [tuple(words(line)) for line in blocks]
    short: dict[tuple[str, ...], set[tuple[str, ...]]] = {}  # by their first words
    for text in texts:
        if 4 <= len(text) <= 40:
            short.setdefault(text[:4], set()).add(text)
    inside = set()
    for text in set(texts):
        for start in range(len(text) - 3):
            for one in short.get(text[start : start + 4], ()):
                if len(one) < len(text) and text[start : start + len(one)] == one:
                    inside.add(one)
    return {i for i, text in enumerate(texts) if text in inside}


def _is_biography(line: str, author: str, position: int, last_body: int) -> bool:
    """A closing line that speaks of the author, as in "Jane Doe reports on energy"."""
    if position < last_body - 4 or len(words(line)) > 60:
        return False
    if _BIOGRAPHY.match(line):
        return True
    if not author:
        return False
    return line.startswith(re.split(r"\s+(?:and|dan)\s+|,", author)[0])


def _lone_name(blocks: list[str], used: set[int], first_body: int) -> str:
    """A person's name alone on its line next to the headline or the date line."""
    for i in range(min(first_body, len(blocks))):
        near = {i - 2, i - 1, i + 1, i + 2} & used
        if i not in used and near and _NAME_LINE.match(blocks[i]) and not _is_furniture(blocks[i]):
            return blocks[i]
    return ""


def _role(line: str, is_body: bool, inside: bool) -> Role:
    """``inside``: between the headline and the last line of running text."""
    if _is_credit(line) and not _PROMPT.match(line) and not _BYLINE.match(line):
        return "caption"
    if is_body:
        return "body"
    count = len(words(line))
    least = 4 if _BULLET.match(line) else 2 if _QUOTE_START.match(line) else 10
    if ":" in line and line.endswith("?"):
        least = 3  # a question of an interview
    if inside and count >= least and not _is_furniture(line):
        return "body"
    return "boilerplate"


def _is_furniture(line: str) -> bool:
    return bool(
        _PROMPT.match(line)
        or _PAGER.match(line)
        or _SIGNATURE.match(line)
        or _INVITATION.search(line)
        or _BYLINE.match(line)
        or _is_menu(line)
    )


Kind = Literal["text", "heading", "item", "row", "quote", "caption", "link"]


@dataclass(frozen=True, slots=True)
class Block:
    """A block whose kind an extractor or a document's format tells. ``link``: nothing else."""

    text: str
    kind: Kind = "text"


_CONTRIBUTORS = re.compile(
    r"\b(?:contributed (?:to|reporting)|berkontribusi (?:dalam|pada|untuk) (?:laporan|artikel)|"
    r"reported from|melaporkan dari)\b|"
    r"^\W*(?:first published (?:in|by|on)|(?:pertama kali )?(?:terbit|tayang) di)\b",
    re.I,
)


def parse_article(blocks: Sequence[Block], title: str, author: str = "") -> Page:
    """The page made of blocks that are an article already, not all that a site shows around it.

    Between its first and its last running text everything is body, sub-headlines, list entries
    and table rows too, except links alone, captions, credits and the site's prompts.
    """
    found = [Block(" ".join(one.text.split()), one.kind) for one in blocks]
    found = [one for one in found if one.text]
    running = list(map(is_running, found))
    first = next((i for i, flag in enumerate(running) if flag), len(found))
    held = [i for i, one in enumerate(found) if running[i] or (i > first and _is_entry(one))]
    last = max(held, default=-1)
    repeated = _repeated([one.text for one in found])
    published, date_only = None, True
    listing = False
    roles: list[tuple[str, Role]] = []
    for i, one in enumerate(found):
        if i <= first and _is_title(one, title):
            continue
        if one.kind == "text" and not running[i]:
            stated, byline = _date(one.text), _BYLINE.match(one.text)
            if is_relative(one.text) or is_calendar(one.text):
                continue
            if stated and published is None and _is_date_line(one.text, stated.span):
                published, date_only = stated.when, stated.date_only
                continue
            if byline and not author and len(words(one.text)) <= 12:
                author = _person(one.text, byline)
                continue
        role = _article_role(one, running[i], i <= last)
        if running[i] or one.kind == "row":
            listing = False
        elif one.kind == "heading":
            listing = role == "boilerplate" and bool(_PROMPT.match(one.text))
        elif listing:  # what a site names below "Baca juga"
            role = "boilerplate"
        if one.kind in ("text", "quote") and role == "body":
            closing = i > first and _is_biography(one.text, author, i, last)
            role = "boilerplate" if i in repeated or closing else "body"
        roles.append((one.text, role))
    if published is None and first < len(found):
        published = _dateline(found[first].text)
    return Page(title, published, date_only, author, tuple(roles))


def is_running(block: Block) -> bool:
    """Whether a block is running text: a whole sentence of the article."""
    return block.kind in ("text", "quote", "item") and _is_body(block.text)


def _is_title(block: Block, title: str) -> bool:
    """The headline again, or, as a heading, in other words."""
    known, found = words(title), words(block.text)
    if block.kind != "heading":
        return known == found
    return 2 * len(set(known) & set(found)) > 0.6 * (len(set(known)) + len(set(found)))


def _is_entry(block: Block) -> bool:
    """A line that states something though it is no sentence, such as a date and a place."""
    text = block.text
    return (
        block.kind == "text"
        and len(words(text)) >= 5
        and any(map(str.isdigit, text))
        and not _is_no_text(text)
    )


def _is_no_text(text: str) -> bool:
    """What is no text of an article even inside it. A list of names, divided by commas, may be."""
    return (_is_furniture(text) and not _is_menu(text)) or bool(
        _CONTRIBUTORS.search(text) or (_is_menu(text) and re.search(r"[|·»>•]", text))
    )


_PROMPT_REST = re.compile(
    r"(?:this|these|us|our|now|more|all|on|to|from|by|for|the|story|stories|articles?|news|posts?|"
    r"videos?|topics?|coverage|pages?|ini|kami|juga|lain|lainnya|selengkapnya|berita|artikel|"
    r"terkait|di|ke|dari|\W|\d)*"
)


def _is_sub_headline(text: str) -> bool:
    """A heading of its own matter, though it begins like a prompt of the site.

    >>> [_is_sub_headline(one) for one in ("Next steps", "Read more stories", "Menu: Ekonomi")]
    [True, False, False]
    """
    prompt = _PROMPT.match(text)
    if prompt is None or ":" in text or _INVITATION.search(text):
        return False
    return not _PROMPT_REST.fullmatch(text[prompt.end() :].lower())


_ATTRIBUTION = re.compile(r"^[—–]\s*(?:[A-ZÀ-Þ][\w.’'-]*\s?){1,6}$")  # "— Ani Lestari"


def _article_role(block: Block, running: bool, inside: bool) -> Role:
    """``inside``: not behind the last text of the article."""
    text, kind = block.text, block.kind
    if kind == "heading" and inside and _is_sub_headline(text):
        return "body"
    if kind in ("text", "quote") and _ATTRIBUTION.match(text):
        return "boilerplate"
    if kind == "caption" or (kind in ("text", "quote") and _is_credit(text)):
        return "caption"
    if kind == "link":
        return "boilerplate"
    if running:
        contributors = len(words(text)) < 40 and _CONTRIBUTORS.search(text)
        return "boilerplate" if contributors else "body"
    if _is_no_text(text):
        return "boilerplate"
    return "body" if inside or kind in ("item", "row") else "boilerplate"
