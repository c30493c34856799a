"""The conversation: from a Question to an Answer. Plain functions, no HTTP, no environment."""
