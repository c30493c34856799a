"""Spreadsheets as offices keep them, one procedure a row → Procedures of ours."""
