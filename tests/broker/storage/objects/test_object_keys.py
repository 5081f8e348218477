"""An id tells the key, and the key the id."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.storage.objects.object_keys import FOLDERS, object_id_of, object_key


@given(st.integers(0, 2**63 - 1))
def test_keys_are_read_back(object_id: int) -> None:
    """And lie in a folder that is listed."""
    assert object_id_of(object_key(object_id)) == object_id
    assert object_key(object_id)[:2] in FOLDERS


@pytest.mark.parametrize(
    "key", ["", "00/0", "zz/0000000000000001", f"{object_key(5)}x", f"x{object_key(5)}", "00/ffffffffffffffff"]
)
def test_other_keys_are_nobodys(key: str) -> None:
    """What else lies in the bucket is left alone."""
    assert object_id_of(key) is None


def test_a_key_in_the_wrong_folder_is_nobodys() -> None:
    """Deleting it by its id would delete another."""
    folder, _, name = object_key(5).partition("/")
    other = next(each for each in FOLDERS if each != folder)

    assert object_id_of(f"{other}/{name}") is None


def test_ids_that_follow_one_another_are_spread() -> None:
    """No folder has much more than its share."""
    folders = Counter(object_key(object_id)[:2] for object_id in range(1, 25_601))

    assert len(folders) == 256
    assert max(folders.values()) < 200
