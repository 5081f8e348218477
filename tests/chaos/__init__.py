"""A cluster under load while everything that can break does."""
