"""Of what kind a file is by its content, and whether it may be opened at all."""

from __future__ import annotations

import zipfile
from enum import StrEnum
from pathlib import Path

from knowledge.documents.blocks import Unreadable, Why

MOST_BYTES = 15_000_000
MOST_BYTES_INSIDE = 150_000_000
"""Of a package's parts, unpacked."""
MOST_PARTS = 2_000
_BEGINNING = 4_096
"""Bytes of an XML part in which a document type would stand."""
_OLD = b"\xd0\xcf\x11\xe0"
"""What files of Office before 2007 begin with, and what is encrypted by a later one."""
_MACROS = ("vbaproject.bin", "vbadata.xml")


class Kind(StrEnum):
    DOCX = ".docx"
    XLSX = ".xlsx"
    CSV = ".csv"
    PDF = ".pdf"


_MAIN_PART = {Kind.DOCX: "word/document.xml", Kind.XLSX: "xl/workbook.xml"}


def kind_of(path: Path) -> Kind:
    """The kind that both the name and the content say. Unreadable if they differ, if it is none, or
    if the file is one that nobody should open."""
    if path.stat().st_size > MOST_BYTES:
        raise Unreadable(Why.TOO_LARGE)
    with path.open("rb") as file:
        begins = file.read(8)
    if begins.startswith(_OLD):
        raise Unreadable(Why.OLD_OFFICE)
    try:
        named = Kind(path.suffix.lower())
    except ValueError:
        raise Unreadable(_other_name(path.suffix.lower())) from None
    if named in _MAIN_PART:
        _check_package(path, _MAIN_PART[named])
    elif (named is Kind.PDF) != begins.startswith(b"%PDF-") or begins.startswith(b"PK"):
        raise Unreadable(Why.WRONG_KIND)
    return named


def _other_name(suffix: str) -> Why:
    if suffix in (".doc", ".xls"):
        return Why.OLD_OFFICE
    return Why.MACROS if suffix in (".docm", ".xlsm", ".dotm", ".xlsb") else Why.WRONG_KIND


def _check_package(path: Path, main: str) -> None:
    """Unreadable if it is no package with this part, is a bomb, or has macros in it."""
    try:
        with zipfile.ZipFile(path) as package:
            parts = package.infolist()
            if len(parts) > MOST_PARTS or sum(p.file_size for p in parts) > MOST_BYTES_INSIDE:
                raise Unreadable(Why.BOMB)
            names = {part.filename.lower() for part in parts}
            if main not in names:
                raise Unreadable(Why.WRONG_KIND)
            if any(name.endswith(_MACROS) for name in names):
                raise Unreadable(Why.MACROS)
            for part in parts:
                if part.filename.lower().endswith((".xml", ".rels")):
                    _check_xml(package, part)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, ValueError):
        raise Unreadable(Why.WRONG_KIND) from None


def _check_xml(package: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """No part of an office document has a document type; entities are made in one."""
    with package.open(part) as file:
        begins = file.read(_BEGINNING).replace(b"\0", b"")  # UTF-16 too
    if b"<!DOCTYPE" in begins or b"<!ENTITY" in begins:
        raise Unreadable(Why.BOMB)
