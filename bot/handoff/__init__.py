"""Handing a conversation over to a person: the desks, who waits, what is said, and the way back."""
