"""Checks a catalog against its objects (``penstock catalog check``), and makes one anew from them (``penstock catalog rebuild``).

``dump`` says what a catalog must be able to tell in one snapshot, ``sqlite_dump`` and ``postgres_dump`` tell it. ``log_rules``, ``object_rules`` and
``batch_rules`` decide what is wrong; ``checker`` feeds them. ``object_contents`` reads what objects say of themselves.

``found_objects`` gathers what all objects say, ``rebuild_rules`` and ``restored_logs`` decide what that comes to, ``rebuilder`` carries it out and
``sqlite_restore`` and ``postgres_restore`` write it down.
"""
