"""The catalog: every fact that is not record data, behind narrow protocols (:mod:`broker.storage.catalog.base`)."""
