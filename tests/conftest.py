"""A small collection of original articles in both languages, and an index of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from index.encoder import StaticEncoder
from index.ingest import index_paths

ARTICLES = {
    "pasar.txt": """Pasar Terapung Lok Sari Dibuka Kembali Setelah Banjir

Senin, 6 Maret 2023 - 08:30 WITA

BANJARMASIN - Pasar terapung Lok Sari dibuka kembali pada Senin pagi setelah dua pekan ditutup \
akibat banjir yang merendam dermaga.

Kepala dinas perdagangan kota, Rahmat Alfian, mengatakan 140 pedagang sudah kembali berjualan \
dengan perahu. Sebelum banjir jumlah mereka 215 orang.

"Kami kehilangan dua perahu, tetapi pembeli tetap datang," kata Siti Mahlia, pedagang buah.

Baca juga: Harga Ikan Naik di Tiga Kota

Pemerintah kota menyiapkan Rp2,3 miliar untuk memperbaiki dermaga hingga akhir Mei.
""",
    "bridge.md": """---
title: Engineers close the Wendle bridge after cracks are found
published: 2023-05-12T14:00:00+01:00
source: The Sample Gazette
language: en
---
The Wendle bridge was closed to all traffic on Friday after engineers found cracks in two of its \
steel girders.

About 18,000 vehicles cross the bridge every day. Drivers were sent to the ferry at Port Ashby, 12 \
kilometres to the south.

"We would rather be late than sorry," said Helen Marwick, the county's chief engineer.

The bridge was opened in 1964 and last repaired in 2011. The county expects the work to take four \
months and to cost 6.5 million pounds.
""",
    "kapal.json": """{
"title": "Kapal riset Samudra Jaya tiba di Ambon",
"tanggal": "2022-09-03",
"sumber": "Kabar Contoh",
"isi": [
"Kapal riset Samudra Jaya tiba di pelabuhan Ambon pada Sabtu membawa 34 peneliti dari lima negara.",
"Selama 40 hari mereka memetakan gunung api bawah laut di Laut Banda. Pemimpin ekspedisi, Dewi \
Latuheru, menyebut ditemukannya tiga gunung yang belum ada di peta.",
"Penelitian itu dibiayai oleh sebuah yayasan kelautan di Makassar karena anggaran negara dipotong."
]}""",
}


@pytest.fixture(scope="session")
def encoder() -> StaticEncoder:
    return StaticEncoder()


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A folder of three articles that a test may change."""
    return write_corpus(tmp_path / "corpus")


def write_corpus(folder: Path) -> Path:
    folder.mkdir()
    for name, text in ARTICLES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, encoder: StaticEncoder) -> Path:
    """An index of the three articles, only to be read."""
    folder = tmp_path_factory.mktemp("built")
    index_paths(folder / "index", [write_corpus(folder / "corpus")], encoder)
    return folder / "index"
