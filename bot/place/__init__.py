"""Where a person is: read from what they write, kept in the talk, and the offices there."""
