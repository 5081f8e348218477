"""Transactions: what is in them, how they end, and what operators are told of them."""
