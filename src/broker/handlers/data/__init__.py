"""Records in and out: Produce, Fetch, and the requests about offsets of a log."""
