"""From the name in a certificate to a principal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from security.tls.principal_mapping import MappingInvalid, NoRuleApplies, map_name, parse_rules

KAFKAS = (
    "RULE:^CN=(.*?),OU=ServiceUsers.*$/$1/L, "
    "RULE:^CN=(.*?),OU=(.*?),O=(.*?),L=(.*?),ST=(.*?),C=(.*?)$/$1@$2/L, "
    "RULE:^cn=(.*?),ou=(.*?),dc=(.*?),dc=(.*?)$/$1@$2/U, "
    "RULE:^.*[Cc][Nn]=([a-zA-Z0-9.]*).*$/$1/U, "
    "DEFAULT"
)


def mapped(rules: str, name: str) -> str:
    return map_name(parse_rules(rules), name)


@pytest.mark.parametrize(
    ("name", "principal"),
    [
        ("CN=Duke,OU=ServiceUsers,O=Org,C=US", "duke"),
        ("CN=Duke,OU=SME,O=mycp,L=Fulton,ST=MD,C=US", "duke@sme"),
        ("cn=duke,ou=sme,dc=mycp,dc=com", "DUKE@SME"),
        ("cN=duke,OU=JavaSoft,O=Sun Microsystems", "DUKE"),
        ("OU=JavaSoft,O=Sun Microsystems,C=US", "OU=JavaSoft,O=Sun Microsystems,C=US"),
    ],
)
def test_the_first_rule_that_matches_counts(name: str, principal: str) -> None:
    """Kafka's documented examples."""
    assert mapped(KAFKAS, name) == principal


@pytest.mark.parametrize(
    ("rules", "name", "principal"),
    [
        ("", None, None),
        (", ,DEFAULT,,", "CN=a", "CN=a"),
        ("RULE:^CN=((\\\\, *|\\w)+)(,.*|$)/$1/,DEFAULT", "CN=Tkac\\, Adam,OU=ITZ,DC=geodis,DC=cz", "Tkac\\, Adam"),
        ("RULE:CN=(.*)/$1$4/", "CN=a", "a$4"),
        ("RULE:CN=(.*)/$12/", "CN=a", "a2"),
        ("RULE:CN=.*/me/", "CN=a", "me"),
        ("RULE:CN=(.*)/$0/", "CN=a", "CN=a"),
        ("RULE:CN=(?<who>.*)/${who}\\$1/", "CN=a", "a$1"),
        ("RULE:CN=\\Qa.b\\E/x/,RULE:CN=(.*)/$1/", "CN=aXb", "aXb"),
        ("RULE:\\/CN=(.*)/\\/$1/", "/CN=a", "/a"),
        ("RULE:[^]]+/x/", "CN", "x"),
        ("RULE:(\\w*)/$1/,DEFAULT", "é", "é"),
        ("RULE:.*/x/,DEFAULT", "a\u2028b", "a\u2028b"),
        # What matches the whole is found anew for the replacement, and a lazy group is then as short as it may be.
        ("RULE:CN=(.*?)/<$1>/", "CN=ab", "<>ab"),
        ("RULE:.*/x/", "ab", "xx"),
    ],
)
def test_rules_are_javas(rules: str, name: str | None, principal: str | None) -> None:
    """Each by what Java makes of it."""
    if name is None:
        assert parse_rules(rules) == ()
    else:
        assert mapped(rules, name) == principal


@pytest.mark.parametrize(
    "rules",
    [
        "default", "DEFAUL", "DEFAULT/L", "DEFAULT/U", "RULE:CN=(.*?),OU=ServiceUsers.*/$1", "rule:^CN=(.*?),OU=ServiceUsers.*$/$1/",
        "RULE:^CN=(.*?),OU=ServiceUsers.*$/$1/L/U", "RULE:^CN=(.*?),OU=ServiceUsers.*$/L", "RULE:^CN=(.*?),OU=ServiceUsers.*$/LU",
        "RULE:(/x/", "RULE:\\p{Alpha}/x/", "RULE:[a&&b]/x/", "RULE:[a[b]]/x/", "RULE:a/$/", "RULE:a/$1/", "RULE:(a)/${b}/", "RULE:[\\h]/x/",
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused(rules: str) -> None:
    """At the start, rather than when a client comes."""
    with pytest.raises(MappingInvalid):
        parse_rules(rules)


def test_a_name_that_no_rule_is_for_is_refused() -> None:
    """The client does not become anonymous."""
    for rules, name in (("RULE:CN=a/a/", "CN=b"), ("", "CN=a"), ("RULE:CN=a/a/", "CN=ab"), ("DEFAULT", "x" * 9_000)):
        with pytest.raises(NoRuleApplies):
            mapped(rules, name)


@given(st.text(alphabet="RULEDFAT:/\\$,(){}[]^.*?1a& -<>", max_size=40), st.text(max_size=20))
def test_any_text_is_rules_or_refused(rules: str, name: str) -> None:
    """Nothing else is raised, when read or when used."""
    try:
        parsed = parse_rules(rules)
    except MappingInvalid:
        return
    try:
        map_name(parsed, name)
    except NoRuleApplies:
        pass
