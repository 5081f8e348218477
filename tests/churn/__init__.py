"""A week's worth of churn in short: spans written, merged and expired on PostgreSQL, and whether tables and latency stay flat."""
