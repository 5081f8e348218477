"""What happened and by whom, for auditors. Pure.

- ``event``: one thing that happened.
"""
