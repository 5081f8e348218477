"""Who a client is and what it may do. Knows nothing of the broker.

- ``principal``: the identity that a connection acts under.
"""
