"""The facts files and their parser."""

from pathlib import Path

import pytest

from broker.wire.schema import FactsError, Versions, load, load_all, parse, snake_case

FACTS = """
# a comment
api 99 Widget

request WidgetRequest versions=1-4 flexible=3+
  struct Shared
    x int8
  name string 1-2 nullable=2 default=null
  parts []Part
    id uuid 3+
    WidgetThing Shared
  cluster string 3+ nullable tag=7 default=null

response WidgetResponse versions=1-4 flexible=none
  part Part
    code int16 default=-1
"""


def test_facts_are_parsed() -> None:
    """Versions, nullability, tags, defaults and nesting, with the class names that follow."""
    api = parse(FACTS)
    request, response = api.messages
    name, parts, cluster = request.root.fields

    assert (api.key, api.name, api.module) == (99, "Widget", "widget")
    assert (request.versions, request.flexible) == (Versions(1, 4), Versions(3, 4))
    assert (name.versions, name.nullable, name.default, name.tag) == (Versions(1, 2), Versions(2, 2), "null", None)
    assert parts.is_array
    assert parts.struct is not None
    assert parts.struct.fields[1].struct is not None
    assert parts.struct.fields[1].struct.class_name == "WidgetRequestShared"
    assert (cluster.versions, cluster.nullable, cluster.tag) == (Versions(3, 4), Versions(3, 4), 7)
    assert 3 not in response.flexible
    assert [struct.class_name for struct in response.structs] == ["WidgetResponsePart", "WidgetResponse"]


def test_structs_of_one_name_in_both_messages_are_told_apart() -> None:
    """A name that starts with the API's own is kept, unless request and response would clash."""
    text = FACTS.replace("Part\n", "WidgetPart\n")
    request, response = parse(text).messages

    assert request.structs[-2].class_name == "WidgetRequestWidgetPart"
    assert response.structs[0].class_name == "WidgetResponseWidgetPart"
    assert parse(text.replace("part WidgetPart", "part WidgetBit")).response.structs[0].class_name == "WidgetBit"


@pytest.mark.parametrize(
    "text",
    [
        "api 1 X",
        "apo 1 X\n\nrequest XRequest versions=0 flexible=none\nresponse XResponse versions=0 flexible=none",
        FACTS.replace("tag=7", "tog=7"),
        FACTS.replace("    id uuid", "        id uuid"),
    ],
)
def test_facts_that_make_no_sense_are_refused(text: str) -> None:
    """FactsError says what is wrong, before any code is generated from it."""
    with pytest.raises(FactsError):
        parse(text)


def test_the_file_is_named_when_its_facts_are_wrong(tmp_path: Path) -> None:
    """Among fifty files, the reader is told which."""
    path = tmp_path / "widget.txt"
    path.write_text("api x")
    with pytest.raises(FactsError, match=r"widget\.txt"):
        load(path)


def test_every_file_is_named_for_its_api() -> None:
    """One file for each API, and no key twice."""
    apis = load_all()

    assert len({api.key for api in apis}) == len(apis) > 50
    assert all(api.module == snake_case(api.name) for api in apis)
    assert snake_case("OffsetForLeaderEpoch") == "offset_for_leader_epoch"


def test_versions_are_a_range() -> None:
    """Membership and iteration, and the empty range."""
    assert list(Versions(2, 4)) == [2, 3, 4]
    assert 5 not in Versions(2, 4)
    assert list(Versions(1, 0)) == []
