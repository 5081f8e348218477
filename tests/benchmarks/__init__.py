"""Tests of the benchmarks: what they print is judged by, so it has to be right."""
