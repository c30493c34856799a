"""Documents to be printed or kept: PDF pages that can show every Vietnamese letter.

The fonts are Open Sans 1.10 (Apache-2.0, `fonts/LICENSE.txt`), cut to Latin and Vietnamese letters
with fonttools, 40 KB a weight: a PDF must carry its letters, and servers have no fonts.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import segno
from fpdf import FPDF
from fpdf.fonts import TTFFont

FONTS = Path(__file__).parent / "fonts"
FONT = "OpenSans"


def paper(size: str = "A4", *, landscape: bool = False) -> FPDF:
    """An empty document, in millimetres, with a first page and its font set. `size` is "A4", "A5"
    or "A6"."""
    format_mm = {"A4": (210.0, 297.0), "A5": (148.0, 210.0), "A6": (105.0, 148.0)}[size]
    pdf = FPDF("landscape" if landscape else "portrait", unit="mm", format=format_mm)
    pdf.add_font(FONT, "", FONTS / "OpenSans-Regular.ttf")
    pdf.add_font(FONT, "B", FONTS / "OpenSans-Bold.ttf")
    _close_files(pdf)
    pdf.set_font(FONT, size=12)
    pdf.add_page()
    return pdf


def put_qr(pdf: FPDF, text: str, x: float, y: float, side: float) -> None:
    """A QR code of `text` with its quiet zone, its upper left corner at x and y, in millimetres."""
    picture = BytesIO()
    segno.make(text, error="m", micro=False).save(picture, kind="png", scale=8, border=4)
    pdf.image(picture, x=x, y=y, w=side, h=side)


def _close_files(pdf: FPDF) -> None:
    """Let the fonts be read from memory: their files would stay open as long as the document."""
    for font in pdf.fonts.values():
        if isinstance(font, TTFFont):
            reader = font.ttfont.reader
            with reader.file as file:
                file.seek(0)
                reader.file = BytesIO(file.read())
