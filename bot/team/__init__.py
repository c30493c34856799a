"""Community digital-technology teams: what their members are helped with in the chat."""
