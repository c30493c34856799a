"""Whether somebody asks to have their data deleted: carried out whatever else is going on."""

from __future__ import annotations

import re

from bot.model import Question
from knowledge.wording import fold

_DELETE = re.compile(
    r"/xoa(@\w+)?|xoa (giup |ho |het |em |toi |minh |tat ca |toan bo |cac |nhung )*"
    r"(du lieu|lich su|tin nhan)( (cua|ve) (toi|em|minh|chau|con))?( di| nhe| giup| a)*"
)


def asks_deletion(question: Question) -> bool:
    """By the button or in words."""
    return question.action == "delete" or bool(_DELETE.fullmatch(fold(question.text).strip(" .!")))
