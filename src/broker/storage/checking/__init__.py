"""Checks a catalog against its objects (``penstock catalog check``), and makes one anew from them (``penstock catalog rebuild``).

``dump`` says what a catalog must be able to tell in one snapshot, ``sqlite_dump`` and ``postgres_dump`` tell it. ``log_rules``, ``object_rules`` and
``batch_rules`` decide what is wrong; ``checker`` feeds them. ``object_contents`` reads what objects say of themselves. ``rebuild_plan`` decides what can be told from
objects alone, ``rebuilder`` carries it out.
"""
