"""What both sides of the trust boundary read: the wire format, the channel that carries it, huge pages.

It imports nothing of ours.
"""
