"""Stores of record data behind one narrow protocol, :class:`broker.storage.objects.base.ObjectStore`."""
