"""Words, lemmas, sentences and the language of a text, for Indonesian and English."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import simplemma

from index.types import Language

WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)?|\w")

FUNCTION_WORDS: dict[Language, frozenset[str]] = {
    "id": frozenset(
        """ada adalah agar akan akibat amat anda antara apa apakah apabila atas atau bagaimana
        bagi bahkan bahwa banyak bapak baru beberapa begitu belum berapa berapakah berada bila
        bisa boleh bukan dalam dan dapat dari daripada dengan di dia dimana diri dong dua gimana
        guna hal hanya harus hingga ialah ibu ini itu itulah jika juga kah kalau kami kamu
        kapan kapankah karena kata ke kenapa kepada ketika kita lah lagi lain lalu lebih maka
        manakah mana masih masing melalui mengapa mengenai menjadi menurut mereka merupakan milik
        namun nya oleh orang pada padahal para pernah pula pun saat saja saling sambil sampai
        sangat saya sebab sebagai sebelum sebuah secara sedang sedangkan sehingga sejak
        selain selama seluruh semua sementara seorang seperti serta sesudah setelah setiap siapa
        siapakah sini situ suatu sudah supaya tak tanpa telah tentang terhadap termasuk tersebut
        tetapi tiap tidak tiga untuk usai yaitu yakni yang ya kok sih nggak gak brp kpn dgn yg utk
        tsb""".split()
    ),
    "en": frozenset(
        """a about after all also although am an and any are as at be because been before being
        between both but by can could did do does doing down during each few for from further
        had has have having he her here hers him his how i if in into is it its itself just like
        many may me might more most much must my no nor not of off on once only or other our out
        over own please said same shall she should so some such than that the their theirs them
        then there these they this those through to too under until up upon us very was we were
        what when where which while who whom whose why will with would you your""".split()
    ),
}
STOP_WORDS = FUNCTION_WORDS["id"] | FUNCTION_WORDS["en"]
_SHARED = FUNCTION_WORDS["id"] & FUNCTION_WORDS["en"]

_CONTROL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f\xad\u200b\u202a-\u202e\u2060\u2066-\u2069\ufeff\ud800-\udfff]"
)
_GROUPED = re.compile(r"\d{1,3}(?:[.,]\d{3})+(?!\d)")
_SENTENCE_END = re.compile(r"""(?<![.!?…])[.!?…]+["'”’»)\]]*(?=\s+["'“‘«(\[]?[A-Z0-9À-Þ])|\n+""")
_ABBREVIATION = re.compile(
    r"""(?:^|[\s(“"'])(?:[A-Z]|[A-Z](?:\.[A-Z])+|Dr|Drs|Dra|Ir|Prof|Hj?|KH|Tn|Ny|Jl|No|Kab|Kec|Rp|
    St|Mr|Mrs|Ms|Gen|Col|Lt|Sgt|Capt|Gov|Sen|Rep|Jr|Sr|vs|Tgk|M|Brigjen|Kombes|Letjen|Mayjen|
    Jan|Feb|Mar|Apr|Aug|Sept?|Oct|Nov|Dec|dll|dsb|hlm)\.$""",
    re.VERBOSE,
)


def cleaned(text: str) -> str:
    """``text`` on one line, without control characters, soft hyphens and marks that reorder.

    Halves of surrogate pairs, which no encoding takes, go too.

    >>> cleaned("Gempa\\n di\\x00 \\u202ePalu\\ud83d")
    'Gempa di Palu'
    """
    return " ".join(_CONTROL.sub("", text).split())


def fold(text: str) -> str:
    """Lower case without accents.

    >>> fold("Kafé É")
    'kafe e'
    """
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFD", text.lower())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def words(text: str) -> list[str]:
    """Folded words in order; grouped digits lose their separators, so notations agree.

    >>> words("Rusia mengirim 100.000 tentara (100,000 soldiers)")
    ['rusia', 'mengirim', '100000', 'tentara', '100000', 'soldiers']
    """
    return list(_words(text))


@lru_cache(maxsize=512)  # the rules of page structure ask for the words of a line ten times
def _words(text: str) -> tuple[str, ...]:
    return tuple(map(_normal, WORD.findall(text)))


@lru_cache(maxsize=200_000)
def _normal(word: str) -> str:
    if _GROUPED.fullmatch(word):
        return re.sub(r"[.,]", "", word)
    return fold(word).replace("’", "'").removesuffix("'s")


@lru_cache(maxsize=200_000)
def lemma(word: str) -> str:
    """The dictionary form of a folded word in either language.

    >>> lemma("kementerian"), lemma("soldiers")
    ('menteri', 'soldier')
    """
    return fold(simplemma.lemmatize(word, lang=("id", "en")))


@lru_cache(maxsize=20_000)
def is_common(word: str) -> bool:
    """Whether a folded word is in a dictionary, and not as a name.

    >>> is_common("pasokan"), is_common("jakarta"), is_common("lavrov")
    (True, False, False)
    """
    return simplemma.is_known(word, lang=("id", "en")) and not any(
        simplemma.lemmatize(word, lang=language)[0].isupper() for language in ("id", "en")
    )


@lru_cache(maxsize=200_000)
def grams(word: str) -> tuple[str, ...]:
    """Character 4-grams of a word with its edges marked; they carry names across languages.

    >>> grams("swiss")
    ('<swi', 'swis', 'wiss', 'iss>')
    """
    marked = f"<{word}>"
    return tuple(marked[i : i + 4] for i in range(max(1, len(marked) - 3)))


def content_words(text: str) -> list[str]:
    """Folded words without stop words."""
    return [word for word in words(text) if word not in STOP_WORDS]


def sentences(text: str) -> list[tuple[int, int]]:
    """Offsets ``(start, end)`` of the sentences; whitespace between them belongs to none.

    >>> [("Dr. Ani datang. Ia pergi."[a:b]) for a, b in sentences("Dr. Ani datang. Ia pergi.")]
    ['Dr. Ani datang.', 'Ia pergi.']
    """
    spans, start = [], 0
    for match in _SENTENCE_END.finditer(text):
        end = match.end()
        if _ABBREVIATION.search(text[max(0, end - 12) : end]):
            continue
        spans.append((start, end))
        start = end
    spans.append((start, len(text)))
    trimmed = []
    for begin, end in spans:
        piece = text[begin:end]
        left = begin + len(piece) - len(piece.lstrip())
        right = end - (len(piece) - len(piece.rstrip()))
        if right > left:
            trimmed.append((left, right))
    return trimmed


def language_of(text: str) -> Language | None:
    """``"id"`` or ``"en"`` by function words and known words; None when neither is clear.

    >>> language_of("Di mana mereka bertemu?"), language_of("Where did they meet?")
    ('id', 'en')
    >>> language_of("12345") is None
    True
    """
    found = words(text)[:400]
    votes = {
        code: sum(word in FUNCTION_WORDS[code] and word not in _SHARED for word in found)
        for code in ("id", "en")
    }
    if votes["id"] != votes["en"]:
        return "id" if votes["id"] > votes["en"] else "en"
    if not any(word.isalpha() for word in found):
        return None
    known = {code: simplemma.in_target_language(text, lang=code) for code in ("id", "en")}
    if known["id"] == known["en"]:
        return None
    return "id" if known["id"] > known["en"] else "en"
