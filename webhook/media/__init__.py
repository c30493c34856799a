"""Pictures and voice: fetched safely, read for a question, never kept."""
