"""Practising to ask an AI: the learner's prompt is made better part by part, with the reasons."""
