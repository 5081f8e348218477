"""Configuration of topics and brokers: describe, alter, list what has any."""
