"""The words of the administrators' pages."""

from __future__ import annotations

from pathlib import Path

from bot.messages import Messages

WORDS = Messages(Path(__file__).with_name("messages.yaml"))
