"""How much of the broker a client may use. Pure.

- ``entity``: whom a quota is for (user, client id, address; each a name or the default).
- ``kinds``: what can be bounded, for whom, and which values make sense.
- ``quota_table``: the quotas there are, and which of them holds for a client.
- ``quota_filter``: which quotas somebody asks to see.
- ``rate_window``, ``token_bucket``: how much was used, and how long to wait.
- ``meters``: one of these for each who has a quota, and no more than so many.
- ``mutation_quota``: what one request may change of topics.
- ``connection_rate``: whether a new connection is taken in, now or later.
"""
