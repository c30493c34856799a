"""Curated answers: written by a person for certain questions, and given before search decides."""
