"""A browser's view of a page: the controls of a form and what it would send."""

from __future__ import annotations

from html.parser import HTMLParser


class _Controls(HTMLParser):
    def __init__(self, form_id: str) -> None:
        super().__init__(convert_charrefs=True)
        self.sent: dict[str, list[str]] = {}
        self._form_id, self._inside = form_id, False
        self._area = self._select = ""
        self._text = ""
        self._picked: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = given.get("id") == self._form_id
        if not self._inside:
            return
        if tag == "input":
            self._input(given)
        elif tag == "textarea":
            self._area, self._text = given["name"], ""
        elif tag == "select":
            self._select, self._picked = given["name"], None
        elif tag == "option" and ("selected" in given or self._picked is None):
            self._picked = given["value"]

    def _input(self, given: dict[str, str]) -> None:
        if given.get("type") == "checkbox" and "checked" not in given:
            return
        self.sent.setdefault(given["name"], []).append(given.get("value", ""))

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "textarea" and self._area:
            self.sent.setdefault(self._area, []).append(self._text)
            self._area = ""
        elif tag == "select" and self._select:
            self.sent.setdefault(self._select, []).append(self._picked or "")
            self._select = ""


def sent_by(html: str, form_id: str) -> dict[str, list[str]]:
    """What pressing a button of the form would send, without the button."""
    controls = _Controls(form_id)
    controls.feed(html)
    return controls.sent
