"""Access control lists, with Kafka's model. Pure.

- ``kinds``: resource types, patterns, operations and permissions, by Kafka's codes.
- ``acl``: one rule; ``checks``: what a new one must be; ``acl_filter``: which ones somebody means; ``stored``: its stored form.
- ``authorizer``: decides and explains, over ``rule_index``, ``hosts`` (addresses and networks) and ``implied`` (operations).
- ``decision``: what came of a question, and by which rule.
"""
