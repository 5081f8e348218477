"""A whole broker in virtual time: what is simulated, and how to read it, is in docs/decisions/0013-simulation.md."""
