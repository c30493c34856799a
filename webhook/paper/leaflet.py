"""A leaflet of an Entry: what to bring, where, how long, how much, in large letters.

Everything on it is the record's, laid out by the composer for the place it is made for. What does
not fit on two pages is left out with a count of what is missing and the QR code that leads to it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from urllib.parse import urlsplit

from fpdf import FPDF

from bot.compose import Composer, day
from bot.messages import say
from bot.model import Answer, BlockKind
from knowledge.load import Library
from knowledge.model import AnyEntry, Facet, Procedure
from knowledge.pages import page_of
from knowledge.places import Place
from webhook.paper import FONT, paper, put_qr

FACETS = (
    Facet.DOCUMENTS,
    Facet.WHERE,
    Facet.DEADLINE,
    Facet.TIME,
    Facet.FEE,
    Facet.BENEFIT,
    Facet.ONLINE,
)
"""What somebody takes home about a Procedure, in the order it is needed."""
MOST_PAGES = 2
MOST_SOURCES = 2
"""Named on paper; all of them stand on the Entry's page."""

_LINES = (0, 1, 2, 3, 4, 5, 6, 8, 10, 14, 99)
"""How many lines of each part are shown, from least to all."""
_GREY, _LIGHT = 90, 238


class Size(StrEnum):
    """The papers a leaflet is made for."""

    A4 = "a4"
    A6 = "a6"


@dataclass(frozen=True)
class _Sheet:
    """Measures of a paper: millimetres, and letters in points."""

    margin: float
    qr: float
    letters: tuple[float, ...]
    """Sizes of the text, the smallest first; headings are a little larger."""
    title: float


_SHEETS = {
    Size.A4: _Sheet(margin=16, qr=40, letters=(12.5, 14, 16, 18), title=26),
    Size.A6: _Sheet(margin=8, qr=25, letters=(8.5, 9.5, 10.5), title=14),
}


@dataclass(frozen=True)
class _Part:
    """A heading with its lines."""

    heading: str
    lines: tuple[str, ...]
    numbered: bool = False


@dataclass(frozen=True)
class _Content:
    """All that a leaflet says."""

    title: str
    summary: str
    place: str
    parts: tuple[_Part, ...]
    warnings: tuple[str, ...]
    footer: tuple[str, ...]
    url: str


class Leaflets:
    """Makes leaflets of one Edition's Entries, as of a day."""

    def __init__(self, library: Library, edition: int, today: date, url: str) -> None:
        """`url` is the site's address; the QR codes lead there."""
        self._composer = Composer(library, edition, today)
        self._edition, self._url = edition, url

    def pdf(self, entry: AnyEntry, size: Size = Size.A4, place: Place | None = None) -> bytes:
        """The leaflet as a PDF of one or two pages, with the largest letters that all of it fits
        in; if it fits in none, with as many lines of each part as do."""
        content = self._content(entry, place)
        letters = _SHEETS[size].letters
        # From the least that can be printed to the most: fewer lines in small letters, all lines
        # in small letters, all lines in large ones.
        ways = [(count, letters[0]) for count in _LINES]
        ways += [(_LINES[-1], points) for points in letters[1:]]
        first_too_long = bisect_left(
            ways, True, lo=1, key=lambda way: _drawn(content, size, *way).pages_count > MOST_PAGES
        )
        return bytes(_drawn(content, size, *ways[first_too_long - 1]).output())

    def _content(self, entry: AnyEntry, place: Place | None) -> _Content:
        answers = list(self._answers(entry, place))
        url = self._url + page_of(entry)
        return _Content(
            title=entry.title,
            summary=entry.summary,
            # What a Guide or a Lesson says is hardly ever said for a place.
            place=say("leaflet.place", place=place.name)
            if place and isinstance(entry, Procedure)
            else "",
            parts=tuple(part for answer in answers for part in _parts(entry, answer, place)),
            warnings=tuple(dict.fromkeys(w for answer in answers for w in _warnings(answer))),
            footer=tuple(self._footer(answers, url)),
            url=url,
        )

    def _answers(self, entry: AnyEntry, place: Place | None) -> Iterator[Answer]:
        facets = [f for f in FACETS if isinstance(entry, Procedure) and entry.facts.get(f)]
        if not facets:
            yield self._composer.answer(entry, (), place)
        for facet in facets:
            yield self._composer.answer(entry, (facet,), place)

    def _footer(self, answers: Sequence[Answer], url: str) -> Iterator[str]:
        sources = list(dict.fromkeys(s.title for answer in answers for s in answer.sources))
        named = "; ".join(sources[:MOST_SOURCES])
        if len(sources) > MOST_SOURCES:
            named = f"{named}; {say('channel.more_sources')}"
        if named:
            yield say("channel.sources", sources=named)
        checked = min((a.checked_on for a in answers if a.checked_on), default=None)
        edition = say("channel.edition", edition=self._edition)
        yield say("leaflet.checked", date=day(checked), edition=edition) if checked else edition
        yield say("web.footer")
        yield f"{say('web.hotline')} · {url}"


def _parts(entry: AnyEntry, answer: Answer, place: Place | None) -> Iterator[_Part]:
    """The lists of an Answer under their headings, and the sentences before them."""
    heading = say(f"leaflet.headings.{answer.facet}") if answer.facet in FACETS else ""
    if answer.facet is Facet.ONLINE and (address := _online_address(entry)):
        yield _Part(heading, (address,))
        heading = ""
    for block in answer.blocks:
        if block.kind in (BlockKind.TITLE, BlockKind.WARNING) or block.lines == (entry.summary,):
            continue
        if block.kind is BlockKind.TEXT and block.lines[-1].endswith(":"):
            heading = block.lines[-1].rstrip(":")
            continue
        lines = [_on_paper(line) for line in block.lines]
        if answer.facet is Facet.WHERE and place:  # one's own office must not be cut off
            lines.sort(key=lambda line: place.name not in line)
        yield _Part(heading, tuple(lines), numbered=block.kind is BlockKind.STEPS)
        heading = ""


def _on_paper(line: str) -> str:
    """On paper nobody can type the name of their province."""
    typed, printed = say("place.provinces_differ"), say("leaflet.provinces_differ")
    return printed if line == typed else line


def _online_address(entry: AnyEntry) -> str:
    """The site to go to and the code to look for: addresses of pages are too long to type."""
    if not isinstance(entry, Procedure) or not entry.portal_url:
        return ""
    site = urlsplit(entry.portal_url).netloc
    if entry.code:
        return say("leaflet.online_code", site=site, code=entry.code)
    return say("leaflet.online", site=site)


def _warnings(answer: Answer) -> Iterator[str]:
    for block in answer.blocks:
        if block.kind is BlockKind.WARNING:
            yield from block.lines


def _drawn(content: _Content, size: Size, count: int, points: float) -> FPDF:
    """The document with at most `count` lines of each part, in letters of `points`."""
    sheet = _SHEETS[size]
    pdf = paper(size.upper())
    pdf.set_title(content.title)
    pdf.set_margin(sheet.margin)
    pdf.set_auto_page_break(True, margin=sheet.margin)
    pdf.set_y(sheet.margin)
    _head(pdf, content, sheet, points)
    for part in content.parts:
        _part(pdf, part, count, points)
    _notes(pdf, content, points)
    return pdf


def _head(pdf: FPDF, content: _Content, sheet: _Sheet, points: float) -> None:
    """The title with the QR code beside it."""
    top = pdf.get_y()
    put_qr(pdf, content.url, pdf.w - sheet.margin - sheet.qr, top, sheet.qr)
    width = pdf.epw - sheet.qr - 3
    _write(pdf, content.title, sheet.title, bold=True, width=width)
    pdf.ln(points * 0.1)
    _write(pdf, content.summary, points, width=width)
    if content.place:
        _write(pdf, content.place, points, bold=True, width=width)
    caption_top = top + sheet.qr
    below = pdf.get_y()
    pdf.set_xy(pdf.w - sheet.margin - sheet.qr, caption_top)
    pdf.set_text_color(_GREY)
    _write(pdf, say("leaflet.qr"), points * 0.65, width=sheet.qr, centred=True)
    pdf.set_text_color(0)
    pdf.set_y(max(below, pdf.get_y()))


def _part(pdf: FPDF, part: _Part, count: int, points: float) -> None:
    if part.heading:
        pdf.ln(points * 0.16)
        _keep_together(pdf, points * 2.2)
        pdf.set_draw_color(160)
        pdf.line(pdf.l_margin, pdf.get_y(), pdf.w - pdf.r_margin, pdf.get_y())
        pdf.ln(points * 0.08)
        _write(pdf, part.heading, points * 1.15, bold=True)
    for number, line in enumerate(part.lines[:count], 1):
        _item(pdf, f"{number}." if part.numbered else "•", line, points)
    if len(part.lines) > count:
        _item(pdf, "…", say("leaflet.more", count=len(part.lines) - count), points)


def _item(pdf: FPDF, mark: str, line: str, points: float) -> None:
    """A line behind its mark, indented as a whole."""
    indent = points * 0.55
    _keep_together(pdf, points * 0.9)
    pdf.set_font(FONT, "B", points)
    pdf.cell(indent, points * 0.46, mark)
    _write(pdf, line, points, width=pdf.epw - indent)
    pdf.ln(points * 0.05)


def _notes(pdf: FPDF, content: _Content, points: float) -> None:
    """What must be known beside it, and where it comes from."""
    small = points * 0.8
    if content.warnings:
        pdf.ln(points * 0.2)
    for warning in content.warnings:
        pdf.set_fill_color(_LIGHT)
        _write(pdf, warning, small, filled=True)
    pdf.ln(points * 0.2)
    pdf.set_text_color(_GREY)
    for line in content.footer:
        _write(pdf, line, points * 0.65)
    pdf.set_text_color(0)


def _keep_together(pdf: FPDF, height: float) -> None:
    """Begin a new page where less than this is left."""
    if pdf.will_page_break(height):
        pdf.add_page()


def _write(
    pdf: FPDF,
    text: str,
    points: float,
    *,
    bold: bool = False,
    width: float = 0,
    centred: bool = False,
    filled: bool = False,
) -> None:
    """A paragraph from where the pen stands; afterwards it stands below it at the left margin."""
    pdf.set_font(FONT, "B" if bold else "", points)
    pdf.multi_cell(
        width,
        points * 0.46,
        text,
        align="C" if centred else "L",
        fill=filled,
        new_x="LMARGIN",
        new_y="NEXT",
    )
