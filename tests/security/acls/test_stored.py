"""What is stored of a rule comes back as it was."""

import json

import pytest
from hypothesis import given

from security.acls.acl import Acl
from security.acls.kinds import Operation, PatternType, Permission, ResourceType
from security.acls.stored import Unreadable, name_of, read, write
from tests.security.acls.rules import acls

ONE = Acl(ResourceType.TOPIC, PatternType.PREFIXED, 'ü"\n', "User:CN=a,O=b", "10.0.0.0/8", Operation.READ, Permission.DENY)


@given(acls, acls)
def test_a_rule_comes_back(one: Acl, other: Acl) -> None:
    """And two rules have one name exactly when they are the same."""
    assert read(write(one)) == one
    assert (name_of(one) == name_of(other)) == (one == other)


def test_the_form_does_not_change() -> None:
    """What was stored by earlier versions is found and read."""
    assert write(ONE) == (
        '{"v":1,"type":2,"pattern":4,"name":"\\u00fc\\"\\n","principal":"User:CN=a,O=b","host":"10.0.0.0/8","operation":3,"permission":2}'
    )
    assert name_of(ONE) == "01d7dd0f0b7aa9b8195f204058ba0adab7889193"


@pytest.mark.parametrize(
    "text",
    [
        "", "null", "[]", "{}", '{"v":2}', "{" * 9,
        json.dumps(json.loads(write(ONE)) | {"operation": 99}),
        json.dumps(json.loads(write(ONE)) | {"host": "10.0.0.0/99"}),
        json.dumps({key: value for key, value in json.loads(write(ONE)).items() if key != "host"}),
    ],
)
def test_what_is_not_understood_is_told(text: str) -> None:
    """Never guessed: it might deny something."""
    with pytest.raises(Unreadable):
        read(text)
