"""The personal checklist: the papers of a Procedure, ticked over days."""
