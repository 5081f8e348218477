"""Quotas: whom they concern, and how long somebody who is over has to wait. Pure."""
