"""Access control lists, with Kafka's model. Pure.

- ``kinds``: resource types, patterns, operations and permissions, by Kafka's codes.
- ``acl``: one rule.
- ``decision``: what came of a question, and by which rule.
"""
