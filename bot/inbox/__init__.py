"""The inbox: what the bot could not answer well, grouped by meaning, for people to look at."""
