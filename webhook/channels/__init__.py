"""The messaging platforms: one adapter each, of one shape."""
