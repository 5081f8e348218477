"""Whether a set of certificates can be served, and take the place of another."""

from datetime import UTC, datetime, timedelta

import pytest

from security.tls.facts import check, may_replace
from security.tls.stores import KeyStore, StoreUnusable
from tests.support.certificates import Authority, Issued

NOW = datetime.now(UTC)
ROOT = Authority()


def store(issued: Issued) -> KeyStore:
    return KeyStore(issued.key, (issued.certificate, *issued.chain))


def test_what_is_known_of_a_certificate() -> None:
    """Its names, its print, and when the first of its chain expires."""
    middle = Authority("middle", issuer=ROOT, days=2)
    issued = middle.issue("broker", hosts=("localhost", "127.0.0.1"), lifetime=timedelta(days=9))

    facts = check(store(issued), [ROOT.certificate], NOW, server=True)

    assert facts.name == "CN=broker,O=Example"
    assert facts.other_names == {"localhost", "127.0.0.1"}
    assert facts.fingerprint == issued.fingerprint
    assert facts.not_after == middle.certificate.not_valid_after_utc.timestamp()
    assert facts.authorities_not_after == ROOT.certificate.not_valid_after_utc.timestamp()


def test_what_does_not_hold_now_is_refused() -> None:
    """Expired, not begun, of an authority that is gone, for something else, or out of order."""
    cases = {
        "expired at": store(ROOT.issue("a", now=NOW - timedelta(days=9), lifetime=timedelta(days=8))),
        "not valid before": store(ROOT.issue("a", now=NOW + timedelta(days=1))),
        "not for servers": store(ROOT.issue("a", server=False)),
        "did not issue each other": KeyStore(ROOT.key, (ROOT.issue("a").certificate, Authority("Penstock development CA").certificate)),
    }
    for why, each in cases.items():
        with pytest.raises(StoreUnusable, match=why):
            check(each, [], NOW, server=True)
    with pytest.raises(StoreUnusable, match="every authority has expired"):
        check(None, [Authority(days=1, now=NOW - timedelta(days=3)).certificate], NOW, server=False)
    with pytest.raises(StoreUnusable, match="not for clients"):
        check(store(ROOT.issue("a", client=False)), [], NOW, server=False)


def test_another_name_takes_the_place_only_where_that_is_allowed() -> None:
    """As ssl.allow.dn.changes and ssl.allow.san.changes say."""
    old, same, fewer, other = (
        check(store(ROOT.issue(name, hosts=hosts)), [], NOW, server=True)
        for name, hosts in (("a", ("x", "y")), ("a", ("x", "y", "z")), ("a", ("x",)), ("b", ("x", "y")))
    )

    may_replace(old, same, other_name=False, fewer_names=False)
    with pytest.raises(StoreUnusable, match=r"lacks the names y.*ssl\.allow\.san\.changes"):
        may_replace(old, fewer, other_name=False, fewer_names=False)
    with pytest.raises(StoreUnusable, match=r"CN=b.*ssl\.allow\.dn\.changes"):
        may_replace(old, other, other_name=False, fewer_names=False)
    may_replace(old, fewer, other_name=False, fewer_names=True)
    may_replace(old, other, other_name=True, fewer_names=False)
