"""Files open for reading."""

import pytest

from broker.storage.objects.open_files import OpenFiles


class Descriptors:
    """Counts what is open; a descriptor is its file's number."""

    def __init__(self) -> None:
        self.open_now: list[int] = []

    def open(self, number: int) -> int:
        if number < 0:
            raise FileNotFoundError
        self.open_now.append(number)
        return number

    def close(self, fd: int) -> None:
        self.open_now.remove(fd)


@pytest.fixture
def descriptors() -> Descriptors:
    return Descriptors()


def test_the_least_recently_used_is_closed_first(descriptors: Descriptors) -> None:
    """No more than the limit stay open."""
    files = OpenFiles(2, descriptors.open, descriptors.close)
    for number in (1, 2, 1, 3):
        with files.take(number) as fd:
            assert fd == number

    assert sorted(descriptors.open_now) == [1, 3]


def test_a_file_in_use_is_not_closed(descriptors: Descriptors) -> None:
    """Neither by others, nor when it is forgotten; only when its last reader is done."""
    files = OpenFiles(1, descriptors.open, descriptors.close)
    with files.take(1):
        with files.take(1), files.take(2):
            files.forget(1)
            assert 1 in descriptors.open_now
        assert 1 in descriptors.open_now

    assert descriptors.open_now == [2]


def test_a_file_that_cannot_be_opened_is_not_remembered(descriptors: Descriptors) -> None:
    """The error is the opener's."""
    files = OpenFiles(1, descriptors.open, descriptors.close)
    with pytest.raises(FileNotFoundError), files.take(-1):
        pass
    with files.take(1):
        pass

    assert descriptors.open_now == [1]


def test_closing_closes_all(descriptors: Descriptors) -> None:
    """Forgetting what is not there is no error."""
    files = OpenFiles(3, descriptors.open, descriptors.close)
    for number in (1, 2, 3):
        with files.take(number):
            pass
    files.forget(9)
    files.close()

    assert descriptors.open_now == []
