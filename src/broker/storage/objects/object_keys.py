"""Rule: where an object lies in a bucket. Its id alone says so; nothing else is stored about it.

    PREFIX/ab/0123456789abcdef

The two digits before the id are a hash of it, so that stores that divide a bucket by the order of keys spread ids that follow one another.
"""

import re
from typing import Final
from zlib import crc32

FOLDERS: Final = tuple(f"{number:02x}" for number in range(256))
_KEY: Final = re.compile(r"([0-9a-f]{2})/([0-9a-f]{16})")


def object_key(object_id: int) -> str:
    """The key of an object below the prefix."""
    return f"{crc32(object_id.to_bytes(8, 'big')) & 0xFF:02x}/{object_id:016x}"


def object_id_of(key: str) -> int | None:
    """The id of the object with this key, None when it is not one of ours."""
    found = _KEY.fullmatch(key)
    if found is None:
        return None
    object_id = int(found.group(2), 16)
    return object_id if object_id < 1 << 63 and object_key(object_id) == key else None
