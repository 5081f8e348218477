"""Metrics of clients: what they are asked for, and what they push."""
