"""The catalog in PostgreSQL, shared by every broker of a cluster.

Lock order, everywhere: broker -> transaction -> group -> partition (ascending) -> object (ascending). In READ COMMITTED, what is decided from a row
is read in a statement that began after the row was locked.
"""
