"""Tests of the code generator. What it generates is tested one folder up."""
