"""What happened and by whom, for auditors. Pure.

- ``event``: one thing that happened. ``decisions``: what one request asked of access control.
- ``selection``: which events are kept.
- ``line``: an event as text. ``chain``: lines tied to each other, so that a change shows.
- ``verification``: whether lines are as they were written.
"""
