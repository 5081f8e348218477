"""Names of cipher suites."""

import ssl

import pytest

from security.tls.suites import TLS_1_2, SuitesInvalid, openssl_names, speaks_tls_1_3


def test_openssl_knows_every_suite() -> None:
    """Each can be had by itself."""
    for name in TLS_1_2.values():
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers(name)
        assert name in [each["name"] for each in context.get_ciphers()]


def test_order_is_kept_and_what_is_unknown_refused() -> None:
    """The first is liked best."""
    names = ["TLS_RSA_WITH_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"]

    assert openssl_names(names) == ("AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384")
    with pytest.raises(SuitesInvalid, match="SSL_NULL"):
        openssl_names(["SSL_NULL"])


def test_a_list_without_suites_of_tls_1_3_leaves_it_out() -> None:
    """As in Java, where a list names all that is spoken."""
    assert speaks_tls_1_3(())
    assert speaks_tls_1_3(["TLS_AES_128_GCM_SHA256"])
    assert not speaks_tls_1_3(["TLS_RSA_WITH_AES_128_GCM_SHA256"])
