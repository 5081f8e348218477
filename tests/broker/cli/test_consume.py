"""``penstock consume``."""

from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from tests.broker.cli.conftest import Run
from tests.support.penstock import Penstock


def test_a_file_comes_back_identical(penstock: Run) -> None:
    """A hundred thousand lines through one partition, byte by byte."""
    lines = b"".join(b"line %d of a file with some text in it\n" % number for number in range(100_000))
    penstock("topics", "create", "file")
    assert penstock("produce", "file", stdin=lines).code == 0

    assert penstock("consume", "file", "--from-beginning", "--exit-at-end").raw == lines


def test_where_to_start_and_stop(penstock: Run) -> None:
    """By offset, from the end, by time, a number of records, one partition."""
    penstock("topics", "create", "start", "-p", "2", "--config", "retention.ms=-1")  # the records are years old
    penstock("produce", "start", "-p", "0", "--timestamp", "1700000000000", stdin=b"0\n1\n2\n")
    penstock("produce", "start", "-p", "0", "--timestamp", "1700000005000", stdin=b"3\n4\n")

    def read(*arguments: str) -> str:
        result = penstock("consume", "start", "-e", *arguments)
        assert result.code == 0, result.err
        return result.out

    assert read("-o", "earliest") == "0\n1\n2\n3\n4\n"
    assert read("-o", "3", "-p", "0") == "3\n4\n"
    assert read("-o", "-2", "-p", "0") == "3\n4\n"
    assert read("-o", "@2023-11-14T22:13:24", "-p", "0") == "3\n4\n"
    assert read("-o", "earliest", "-n", "2") == "0\n1\n"
    assert read("-o", "earliest", "-p", "1") == ""
    assert read() == ""


def test_the_end_is_reached_where_nothing_is_left_to_read(penstock: Run, command_broker: Penstock) -> None:
    """Records deleted after the start was chosen do not come; neither does a wait for them."""
    penstock("topics", "create", "deleted")
    penstock("produce", "deleted", stdin=b"0\n1\n2\n")
    admin = AdminClient({"bootstrap.servers": command_broker.bootstrap})
    for future in admin.delete_records([TopicPartition("deleted", 0, 3)]).values():
        assert future.result().low_watermark == 3

    assert penstock("consume", "deleted", "-o", "0", "-e").raw == b""


def test_a_group_goes_on_where_it_stopped(penstock: Run) -> None:
    """Positions are committed."""
    penstock("topics", "create", "grouped")
    penstock("produce", "grouped", stdin=b"a\nb\nc\n")
    first = penstock("consume", "grouped", "-g", "readers", "--from-beginning", "-n", "2")
    second = penstock("consume", "grouped", "-g", "readers", "-e")

    assert (first.out, second.out) == ("a\nb\n", "c\n")


def test_wrong_usage_is_explained(penstock: Run) -> None:
    """Exit code 2, or 1 when the topic is not there."""
    penstock("topics", "create", "usage")
    assert penstock("consume", "usage", "-f", "%x").code == 2
    assert penstock("consume", "usage", "-o", "soon").code == 2
    assert penstock("consume", "usage", "--from-beginning", "-o", "3").code == 2
    assert penstock("consume", "usage", "-g", "g", "-p", "0").code == 2
    missing = penstock("consume", "nowhere-to-be-found")
    assert missing.code == 1
    assert "penstock topics create" in missing.err
