"""Who a client is and what it may do. Knows nothing of the broker.

- ``principal``, ``identity``: who a connection acts as.
- ``acls``: what a principal may do, and by which rule.
- ``sasl``: logging in. ``tls``: certificates. ``quotas``: how much of it. ``audit``: what happened.
"""
