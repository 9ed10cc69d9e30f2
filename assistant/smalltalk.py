"""Greetings, thanks and questions about Tanya itself, which no article answers.

Only whole messages count: "halo" is a greeting, "halo, kapan gempa Palu?" a question.
"""

from __future__ import annotations

from typing import Literal

from index.text import words
from index.types import Language
from prompts import phrase

Kind = Literal["greeting", "thanks", "about"]

_SAID: dict[tuple[Kind, Language], tuple[str, ...]] = {
    ("greeting", "id"): (
        "halo", "hallo", "hai", "hei", "assalamualaikum", "assalamu alaikum", "salam", "permisi",
        "pagi", "siang", "sore", "malam", "selamat pagi", "selamat siang", "selamat sore",
        "selamat malam", "selamat datang", "apa kabar", "halo apa kabar", "hai apa kabar",
    ),
    ("greeting", "en"): (
        "hello", "hi", "hey", "good morning", "good afternoon", "good evening", "good day",
        "how are you", "hello how are you", "hi how are you",
    ),
    ("thanks", "id"): (
        "terima kasih", "terimakasih", "makasih", "makasi", "trims", "tengkyu", "nuhun",
        "matur nuwun", "matur suwun", "oke terima kasih", "ok terima kasih", "oke makasih",
        "ok makasih", "baik terima kasih",
    ),
    ("thanks", "en"): (
        "thanks", "thank you", "thx", "ty", "cheers", "ok thanks", "okay thanks", "ok thank you",
        "great thanks",
    ),
    ("about", "id"): (
        "kamu siapa", "siapa kamu", "anda siapa", "siapa anda", "siapa namamu", "namamu siapa",
        "siapa nama kamu", "nama kamu siapa", "siapa nama anda", "kamu ini apa", "kamu itu apa",
        "apa itu", "siapa itu", "kamu apa", "apa yang bisa kamu lakukan", "kamu bisa apa",
        "kamu bisa apa saja", "bisa apa", "bisa apa saja", "apa yang bisa anda lakukan",
        "anda bisa apa", "anda bisa apa saja", "apa yang bisa saya tanyakan",
        "saya bisa tanya apa", "aku bisa tanya apa", "boleh tanya apa", "bagaimana cara kerjamu",
        "bagaimana cara kerja", "bagaimana cara kerja kamu", "gimana cara pakai",
        "bagaimana cara pakai", "bagaimana cara memakai", "cara pakai", "cara pakainya gimana",
        "bagaimana cara memakainya", "bagaimana cara menggunakan", "apakah kamu robot",
        "kamu robot", "apakah kamu manusia", "kamu manusia", "apakah kamu ai", "bantuan", "tolong",
        "tolong bantu", "bantu",
    ),
    ("about", "en"): (
        "who are you", "what are you", "what is", "who is", "what is your name",
        "what's your name", "what can you do", "what can i ask", "what can i ask you",
        "how do you work", "how does this work", "how does it work", "how do i use this",
        "how do i use", "are you a robot", "are you human", "are you an ai", "help", "help me",
    ),
}  # fmt: skip
_KINDS = {
    " ".join(words(said)): meant for meant, everything in _SAID.items() for said in everything
}
# Words that change nothing about it; "tanya" is whom it is said to, unless it is what is asked.
_ADDED = frozenset(
    "tanya kak bang mas mbak min pak bu bro gan sis ya dong deh sih nih lho kok there everyone "
    "banyak sekali banget semua semuanya very much so lot a".split()
)
_NAME = "tanya"
_WITH_NAME = frozenset(  # of anything else without the name
    (
        "apa itu", "siapa itu", "what is", "who is", "bagaimana cara kerja", "gimana cara pakai",
        "bagaimana cara pakai", "bagaimana cara memakai", "bagaimana cara menggunakan",
        "how do i use", "how does it work",
    )
)  # fmt: skip


def small_talk(text: str) -> tuple[Kind, Language] | None:
    """What kind of small talk a message is, and in which language; None for a question.

    >>> small_talk("Halo Tanya!"), small_talk("makasih banyak ya")
    (('greeting', 'id'), ('thanks', 'id'))
    >>> small_talk("What can you do?"), small_talk("Apa itu Tanya?")
    (('about', 'en'), ('about', 'id'))
    >>> small_talk("Halo, kapan gempa Palu?"), small_talk("Apa itu?"), small_talk("tanya")
    (None, None, None)
    """
    said = words(text)
    kept = [word for word in said if word not in _ADDED]
    for whole in (" ".join(said), " ".join(kept)):
        if whole in _KINDS and (_NAME in said or whole not in _WITH_NAME):
            return _KINDS[whole]
    return None


def reply(kind: Kind, language: Language) -> str:
    """What Tanya says to it."""
    return phrase(language, f"small_talk_{kind}")
