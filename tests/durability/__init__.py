"""Durability: a real broker is killed, filled and stopped under load, and what clients were promised is checked afterwards."""
