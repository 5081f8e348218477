"""Where bytes and facts are kept. The only package that knows a file system, a database or a vendor.

- ``objects``: record data, written once, read by range (:mod:`broker.storage.objects.base`).
- ``catalog``: everything else, in SQL (:mod:`broker.storage.catalog.base`).
- ``segment``: the file format of record data.

Only :mod:`broker.app` picks implementations; every contract test runs against each of them.
"""
