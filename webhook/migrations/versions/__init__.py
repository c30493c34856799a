"""One step a file, on the branch "main" or "queue"."""
