"""Zalo's Bot Platform: text, pictures and voice; no buttons."""
