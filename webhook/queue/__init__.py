"""The durable queue: a message that was recorded is answered, in order, whatever crashes."""

from webhook.queue.durable import DurableQueue
from webhook.queue.timing import Timing

__all__ = ["DurableQueue", "Timing"]
