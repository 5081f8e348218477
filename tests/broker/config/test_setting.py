"""What is known of a setting besides its value."""

import pytest
from pydantic import BaseModel

from broker.config.kafka_values import Kind, Range, ValueProblem
from broker.config.setting import kafka, own, setting_of


class Example(BaseModel):
    """Two settings, one of each sort."""

    num_partitions: int | None = kafka(Kind.INT, None, "How many.", check=Range(1), unit="partitions", mode="cluster-wide")
    secret: str = own(Kind.PASSWORD, "", "A word.", sensitive=True, shown_by=lambda _: "***")


COUNT = setting_of("num_partitions", Example.model_fields["num_partitions"])
SECRET = setting_of("secret", Example.model_fields["secret"])


def test_facts_stand_where_the_field_is_declared() -> None:
    """Type, unit, range and update mode can be asked for by name."""
    assert (COUNT.kafka, COUNT.kafka_name, COUNT.unit, COUNT.mode) == (True, "num.partitions", "partitions", "cluster-wide")
    assert (SECRET.kafka, SECRET.sensitive, SECRET.mode) == (False, True, "read-only")


def test_text_and_values_are_read_alike() -> None:
    """Files carry typed values, the environment carries text."""
    assert COUNT.read(" 3 ") == COUNT.read(3) == 3
    assert COUNT.read(None) is None
    for wrong in ("x", 0, "0", True, 1.5):
        with pytest.raises(ValueProblem):
            COUNT.read(wrong)
    with pytest.raises(ValueProblem):
        SECRET.read(None)


def test_values_are_shown_as_they_are_read() -> None:
    """Unless a setting says otherwise."""
    assert (COUNT.show(3), COUNT.show(None), SECRET.show("x")) == ("3", None, "***")
