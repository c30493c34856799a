"""Is this link, message or number a scam? Rules and lists say what they found, and never "safe"."""
