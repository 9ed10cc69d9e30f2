"""Questions as people type them in a chat, spelled out: "kpn mrt jkt mulai jalan" in whole words.

Articles are written in full, and so is what the reader has learned from.
"""

from __future__ import annotations

import re

from index.text import language_of

_FULL = {
    short: full
    for full, shorts in {
        "yang": "yg", "dengan": "dgn", "untuk": "utk u/", "dalam": "dlm", "pada": "pd",
        "karena": "krn karna krna", "tersebut": "tsb", "tentang": "ttg", "terhadap": "thd",
        "tidak": "ga gak gk nggak ngga enggak tdk", "belum": "blm blom belom", "bukan": "bkn",
        "sudah": "udah udh sdh", "sebelum": "sblm", "setelah": "stlh abis", "saat": "pas",
        "sekarang": "skrg skrng", "kemarin": "kmrn kmren", "tadi": "td", "lagi": "lg",
        "juga": "jg", "sama": "sm", "saja": "aja aj", "sampai": "sampe", "kalau": "klo kalo",
        "banyak": "bnyk byk", "orang": "org", "jumlah": "jml", "dapat": "dpt", "bisa": "bs",
        "jadi": "jd", "menjadi": "mjd", "masih": "msh", "terus": "trs trus", "seperti": "spt kayak",
        "antara": "antr", "lebih": "lbh", "bilang": "blg", "itu": "tu tuh",
        "ini": "nih", "tahun": "taun thn th", "bulan": "bln", "hari": "hr", "tanggal": "tgl",
        "apa": "apaan", "siapa": "sapa spa", "kapan": "kpn kpan", "berapa": "brp brapa",
        "mengapa": "knp knapa", "bagaimana": "gmn gmana gimana", "di mana": "dmn dimana",
        "ke mana": "kmn kemana", "pemerintah": "pmrnth", "jakarta": "jkt",
        "surabaya": "sby", "bandung": "bdg", "yogyakarta": "jogja yogya jogjakarta",
        "indonesia": "indo", "": "sih deh lho loh kok dong yak",
    }.items()
    for short in shorts.split()
}  # fmt: skip
_ENGLISH = {
    "whats": "what is", "whos": "who is", "wheres": "where is", "whens": "when is",
    "hows": "how is", "whys": "why is", "didnt": "did not", "doesnt": "does not",
    "isnt": "is not", "wasnt": "was not", "u": "you", "ppl": "people", "govt": "government",
    "w/": "with",
}  # fmt: skip
# Only words in small letters: "LG" and "Th." are something else.
_TYPED = re.compile(r"(?<![\w/.@-])[a-z]+/?(?![\w/@'’-]|\.\w)")
_DOUBLED = re.compile(r"\b([a-z]{3,})2(?=(?:nya)?\b)")  # gara2


def spelled_out(question: str) -> str:
    """The question in whole words; as it is when there is nothing to spell out.

    >>> spelled_out("pm lebanon yg mundur gara2 ledakan beirut tu siapa sih?")
    'pm lebanon yang mundur gara-gara ledakan beirut itu siapa?'
    >>> spelled_out("Kapan LG membuka pabrik di Bekasi?"), spelled_out("whos the org behind it?")
    ('Kapan LG membuka pabrik di Bekasi?', 'who is the org behind it?')
    """
    full = _FULL
    if language_of(question) == "en":
        full = _ENGLISH
    else:
        question = _DOUBLED.sub(r"\1-\1", question)
    written = _TYPED.sub(lambda match: full.get(match.group(), match.group()), question)
    return " ".join(re.sub(r"\s+(?=[?!.,;]|$)", "", written).split())
