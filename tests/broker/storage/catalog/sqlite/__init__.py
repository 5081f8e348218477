"""Tests of the SQLite catalog."""
