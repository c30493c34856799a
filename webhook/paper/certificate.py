"""The certificate of a level or a track, as PDF and as a picture of it."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from io import BytesIO

import pypdfium2
from fpdf import FPDF

from bot.messages import say
from webhook.paper import FONT, paper, put_qr

WIDTH, HEIGHT = 210.0, 148.0
MARGIN, QR = 10.0, 38.0
INK, FRAME, QUIET = (24, 36, 56), (22, 92, 125), (90, 100, 115)
PIXELS_PER_POINT = 2.5
"""1,488 by 1,049 pixels: a phone can read the QR code from the picture, of 150 KB or so."""

_drawing = threading.Lock()
"""PDFium may be called by one thread at a time."""


@dataclass(frozen=True)
class Certificate:
    """What is printed."""

    name: str
    """As the learner gave it; may be empty."""
    learned: str
    """ "cấp độ 1 – bước đầu"."""
    result: str
    day: str
    url: str
    """The page that says whether it is genuine."""


def as_pdf(shown: Certificate) -> bytes:
    """An A5 page, landscape."""
    pdf = paper("A5", landscape=True)
    pdf.set_auto_page_break(False)
    pdf.set_title(say("certificate.title"))
    pdf.set_lang("vi")
    _frame(pdf)
    pdf.set_y(24)
    _line(pdf, say("bot.name"), 11, QUIET)
    _line(pdf, say("certificate.title"), 25, FRAME, bold=True, after=5)
    if shown.name:
        _line(pdf, say("certificate.to"), 11, QUIET)
        _line(pdf, shown.name, 20, INK, bold=True, after=3)
    _line(pdf, say("certificate.learned"), 11, QUIET)
    _line(pdf, shown.learned, 16, INK, bold=True)
    _line(pdf, shown.result, 11, INK)
    _line(pdf, say("certificate.day", day=shown.day), 11, INK)
    _foot(pdf, shown)
    return bytes(pdf.output())


def as_png(shown: Certificate) -> bytes:
    """The same page as a picture."""
    with _drawing:
        document = pypdfium2.PdfDocument(as_pdf(shown))
        try:
            picture = document[0].render(scale=PIXELS_PER_POINT).to_pil()
        finally:
            document.close()
    file = BytesIO()
    picture.save(file, "PNG", optimize=True)
    return file.getvalue()


def _frame(pdf: FPDF) -> None:
    pdf.set_draw_color(*FRAME)
    for inset, width in ((MARGIN - 3, 1.0), (MARGIN - 1, 0.3)):
        pdf.set_line_width(width)
        pdf.rect(inset, inset, WIDTH - 2 * inset, HEIGHT - 2 * inset)


def _line(
    pdf: FPDF,
    words: str,
    size: float,
    colour: tuple[int, int, int],
    *,
    bold: bool = False,
    after: float = 1.5,
) -> None:
    """Centred words, on as many lines as they need; a long line becomes smaller first."""
    pdf.set_text_color(*colour)
    room = WIDTH - 2 * MARGIN - 16
    pdf.set_font(FONT, "B" if bold else "", size)
    while pdf.get_string_width(words) > room and pdf.font_size_pt > 0.7 * size:
        pdf.set_font_size(pdf.font_size_pt - 0.5)
    pdf.set_x((WIDTH - room) / 2)
    height = pdf.font_size * 1.35
    pdf.multi_cell(room, height, words, align="C", new_x="LMARGIN", new_y="NEXT")
    pdf.set_y(pdf.get_y() + after)


def _foot(pdf: FPDF, shown: Certificate) -> None:
    top = HEIGHT - MARGIN - QR - 2
    put_qr(pdf, shown.url, WIDTH - MARGIN - QR - 3, top, QR)
    pdf.set_text_color(*QUIET)
    pdf.set_font(FONT, "", 8.5)
    pdf.set_xy(MARGIN + 6, top + 12)
    notes = [say("certificate.check"), say("certificate.meaning")]
    if shown.name:
        notes.append(say("certificate.own_name"))
    pdf.multi_cell(WIDTH - 2 * MARGIN - QR - 20, 4.4, "\n".join(notes), align="L")
