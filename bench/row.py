"""A line of the scorecard: figures, and the goal they are held against."""

from __future__ import annotations

from dataclasses import dataclass

Figures = tuple[float, ...]
"""Shares of 1, unless the Row names a unit."""
Bounds = tuple[float | None, ...]
"""One for each figure; None where there is no goal."""


@dataclass(frozen=True)
class Goal:
    """What figures should reach: at least, or at most."""

    marked: Bounds = ()
    bare: Bounds = ()
    drop: float | None = None
    """How much lower than `marked` the figures without diacritics may be."""
    at_most: bool = False

    def met(self, marked: Figures, bare: Figures) -> bool:
        """Whether all figures reach it."""
        held = [*zip(self.marked, marked, strict=False), *zip(self.bare, bare, strict=False)]
        if self.drop is not None:
            least = (figure - self.drop for figure in marked)
            aims = zip(least, bare, self.marked, strict=True)
            held += [(bound, figure) for bound, figure, aim in aims if aim is not None]
        sign = -1 if self.at_most else 1
        return all(sign * figure >= sign * bound for bound, figure in held if bound is not None)

    def words(self, unit: str) -> str:
        """ "≥ 80.0 / 93.0; bare 4.0 lower at most"."""
        sign = "≤" if self.at_most else "≥"
        both = "both " if self.bare == self.marked else ""
        parts = [f"{both}{sign} {written(self.marked, unit)}"] if self.marked else []
        if self.bare and not both:
            parts.append(f"bare {sign} {written(self.bare, unit)}")
        if self.drop is not None:
            parts.append(f"bare {written((self.drop,), unit)} lower at most")
        return "; ".join(parts)


@dataclass(frozen=True)
class Row:
    """One line of figures of the same questions."""

    what: str
    count: int | None
    marked: Figures = ()
    bare: Figures = ()
    goal: Goal | None = None
    published: str = ""
    """The best published figures."""
    unit: str = ""
    """Empty for shares, which are shown as percentages."""

    def cells(self) -> tuple[str, ...]:
        """In the order of HEADINGS."""
        reached = ("yes" if self.goal.met(self.marked, self.bare) else "no") if self.goal else ""
        return (
            self.what,
            str(self.count or ""),
            written(self.marked, self.unit),
            written(self.bare, self.unit),
            self.published,
            self.goal.words(self.unit) if self.goal else "",
            reached,
        )


HEADINGS = (
    "figure (% unless said)",
    "questions",
    "as written",
    "without diacritics",
    "published best",
    "goal",
    "met",
)


def written(figures: Bounds, unit: str) -> str:
    """ "90.9 / 97.5", "56 / 103 ms"; a dash where there is none."""
    if unit:
        shown = " / ".join("–" if figure is None else f"{figure:.0f}" for figure in figures)
        return f"{shown} {unit}" if figures else ""
    return " / ".join("–" if figure is None else f"{100 * figure:.1f}" for figure in figures)
