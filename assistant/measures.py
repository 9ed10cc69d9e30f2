"""The words that numbers and measures are written with, in both languages."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of measure: ``factor`` of it make one of its ``dimension``'s base unit."""

    dimension: str
    factor: Decimal
    words: str


def _unit(dimension: str, factor: str, words: str) -> Unit:
    return Unit(dimension, Decimal(factor), words)


UNITS: dict[str, Unit] = {
    "millimetre": _unit("length", "0.001", r"mm|mili?meter|millimet(?:re|er)s?"),
    "centimetre": _unit("length", "0.01", r"cm|sentimeter|senti|centimet(?:re|er)s?"),
    "metre": _unit("length", "1", r"(?-i:m)|mdpl|meter|met(?:re|er)s?"),
    "kilometre": _unit("length", "1000", r"km|kilometer|kilomet(?:re|er)s?"),
    "mile": _unit("length", "1609.344", r"mil|miles?"),
    "nautical mile": _unit("length", "1852", r"mil laut|nautical miles?"),
    "light-year": _unit("length", "9460730472580800", r"tahun cahaya|light[- ]years?"),
    "foot": _unit("length", "0.3048", r"kaki|feet|foot|ft"),
    "inch": _unit("length", "0.0254", r"inci|inch(?:es)?"),
    "square metre": _unit(
        "area", "1", r"m2|m²|meter persegi|sq m|square met(?:re|er)s?"
    ),
    "square kilometre": _unit(
        "area", "1000000",
        r"km2|km²|km persegi|kilometer persegi|sq km|square (?:kilomet(?:re|er)s?|km)",
    ),
    "hectare": _unit("area", "10000", r"ha|hektare?|hectares?"),
    "acre": _unit("area", "4046.8564224", r"acres?"),
    "cubic metre": _unit("volume", "1000", r"m3|m³|meter kubik|cubic met(?:re|er)s?"),
    "litre": _unit("volume", "1", r"liter|lit(?:re|er)s?"),
    "barrel": _unit("oil", "1", r"bare?l|barrels?"),
    "gram": _unit("mass", "0.001", r"gr|(?-i:g)|grams?"),
    "kilogram": _unit("mass", "1", r"kg|kilograms?|kilos?"),
    "tonne": _unit("mass", "1000", r"(?:metrik )?ton|(?:metric )?ton(?:ne)?s?"),
    "kilometre per hour": _unit(
        "speed", "1",
        r"km/(?:jam|h)|kph|(?:km|kilomet(?:re|er)s?) (?:per jam|(?:per|an) hour)",
    ),
    "megawatt": _unit("power", "1", r"mw|megawatts?"),
    "gigawatt": _unit("power", "1000", r"gw|gigawatts?"),
    "degree Celsius": _unit(
        "temperature", "1", r"°\s?c|derajat cel[sc]ius|degrees? celsius|cel[sc]ius"
    ),
    "degree Fahrenheit": _unit(
        "fahrenheit", "1", r"°\s?f|derajat fahrenheit|degrees? fahrenheit|fahrenheit"
    ),
    "second": _unit("time", "1", r"detik|seconds?"),
    "minute": _unit("time", "60", r"menit|minutes?|mins?"),
    "hour": _unit("time", "3600", r"jam|hours?"),
    "day": _unit("time", "86400", r"hari|days?"),
    "week": _unit("time", "604800", r"pekan|minggu|weeks?"),
    "month": _unit("months", "1", r"bulan|months?"),
    "year": _unit("months", "12", r"tahun|years?"),
    "decade": _unit("months", "120", r"dekade|decades?"),
    "century": _unit("months", "1200", r"abad|century|centuries"),
    "percentage point": _unit("points", "1", r"poin persen|persen poin|percentage points?"),
    "magnitude": _unit("magnitude", "1", r"skala richter|SR|magnitudes?"),
}  # fmt: skip

CURRENCIES = {  # code: (what stands before the number, what stands after it)
    "IDR": (r"rp\.?|idr", r"rupiah|idr"),
    "SGD": (r"s\$|sgd", r"doll?ar singapura|singapore dollars?|sgd"),
    "AUD": (r"a\$|aud", r"doll?ar australia|australian dollars?|aud"),
    "HKD": (r"hk\$|hkd", r"doll?ar hong ?kong|hong kong dollars?|hkd"),
    "CAD": (r"c\$|cad", r"doll?ar kanada|canadian dollars?|cad"),
    "USD": (
        r"us\$|usd|us dollars?|\$",
        r"dolar (?:as|amerika(?: serikat)?)|dollar (?:as|amerika(?: serikat)?)"
        r"|(?:us|u\.s\.|american) dollars?|usd|dollars?|dolar",
    ),
    "EUR": (r"€|eur", r"euros?|eur"),
    "GBP": (r"£|gbp", r"pound ?sterling|pounds? sterling|poundsterling|pounds?|gbp"),
    "CNY": (r"cny|rmb", r"yuan|renminbi|cny"),
    "JPY": (r"¥|jpy", r"yen|jpy"),
    "MYR": (r"rm|myr", r"ringgit(?: malaysia)?|malaysian ringgit|myr"),
    "KRW": (r"₩|krw", r"(?:south )?korean won|won korea(?: selatan)?|krw"),
    "THB": (r"฿|thb", r"baht|thb"),
    "PHP": (r"₱|php", r"pesos?(?: filipina)?|philippine pesos?|php"),
    "INR": (r"₹|inr", r"rupees?|rupe|indian rupees?|inr"),
    "RUB": (r"₽|rub", r"rubel|rou?bles?|rub"),
    "SAR": (r"sar", r"riyals?(?: saudi)?|real saudi|saudi riyals?|sar"),
}
PEOPLE = r"orang|jiwa|warga|people|persons?|kali|times"

SMALL = {
    word: Decimal(value)
    for value, both in enumerate(
        """nol,zero satu,one dua,two tiga,three empat,four lima,five enam,six tujuh,seven
        delapan,eight sembilan,nine""".split()
    )
    for word in both.split(",")
}
TEENS = {
    word: Decimal(value)
    for value, both in enumerate(
        """sepuluh,ten sebelas,eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
        nineteen""".split(),
        start=10,
    )
    for word in both.split(",")
}
TENS = {
    word: Decimal(10 * value)
    for value, word in enumerate(
        "twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2
    )
}
SCALES = {
    word: Decimal(10) ** power
    for power, names in {
        3: "ribu rb thousand",
        6: "juta jt million millions mn mln",
        9: "miliar milyar billion bn",
        12: "triliun trilyun trillion tn trn",
    }.items()
    for word in names.split()
}
ONE_OF = {f"se{name}": SCALES[name] for name in ("ribu", "juta", "miliar", "milyar", "triliun")}
FRACTIONS = {
    "setengah": Decimal("0.5"), "separuh": Decimal("0.5"), "half": Decimal("0.5"),
    "sepertiga": Decimal(1) / 3, "seperempat": Decimal("0.25"), "seperlima": Decimal("0.2"),
}  # fmt: skip
PARTS = {
    "pertiga": 3, "third": 3, "thirds": 3, "perempat": 4, "quarter": 4, "quarters": 4,
    "perlima": 5, "fifth": 5, "fifths": 5,
}  # fmt: skip
ORDINALS = {
    word: value
    for value, words in enumerate(
        """pertama,first kedua,second ketiga,third keempat,fourth kelima,fifth keenam,sixth
        ketujuh,seventh kedelapan,eighth kesembilan,ninth kesepuluh,tenth kesebelas,eleventh
        twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth
        twentieth""".split(),
        start=1,
    )
    for word in words.split(",")
}
