"""Quotas of users, client ids and addresses: seeing and changing them."""
