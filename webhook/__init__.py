"""The edge: HTTP, channels, async, environment, processes, commands."""
