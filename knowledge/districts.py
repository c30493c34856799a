"""The level of districts, which ended on 1 July 2025: texts from elsewhere still name it."""

from __future__ import annotations

import re
from datetime import date

REFORM = date(2025, 7, 1)
"""Since this day there are provinces and communes only, and 34 provinces instead of 63."""

DISTRICT = re.compile(
    r"\b(?:cấp huyện|(?:công an|chi cục thuế|uỷ ban nhân dân|ủy ban nhân dân|ubnd) (?:quận|huyện)"
    r"|(?:quận|thị xã|huyện), |quận/huyện|(?:ở|của|tại) (?:quận|huyện)|quận, huyện)",
    re.IGNORECASE,
)
"""In prose, where "huyện" is also a road's class or a place's name."""
DISTRICT_OFFICE = re.compile(r"\b(?:quận|huyện|thị xã)\b", re.IGNORECASE)
"""In the name of an office."""
