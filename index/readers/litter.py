"""What lies in folders and is nobody's article: it is passed over without a word."""

from __future__ import annotations

PAGE_FOLDER_ENDINGS = ("_files", "-files", ".files", "_berkas")
_LEFT = frozenset(
    (
        "thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "$recycle.bin",
        "system volume information", "icon\r", "__macosx", "@eadir",
    )
)  # fmt: skip


def is_litter(name: str) -> bool:
    """Whether a file or folder is hidden, or left there by a system or an office program.

    >>> [is_litter(name) for name in ("~$berita.docx", "Thumbs.db", ".DS_Store", "berita.docx")]
    [True, True, True, False]
    """
    return name.startswith((".", "~$")) or name.lower() in _LEFT


def is_page_folder(folder: str, parent: str, names: set[str]) -> bool:
    """Whether ``folder`` holds the pictures and styles of a page saved beside it.

    >>> is_page_folder("banjir_files", ".", {"banjir.html"})
    True
    """
    beside = "" if parent in ("", ".") else f"{parent}/"
    return any(
        folder.endswith(ending) and f"{beside}{folder.removesuffix(ending)}{page}" in names
        for ending in PAGE_FOLDER_ENDINGS
        for page in (".html", ".htm", ".xhtml")
    )
