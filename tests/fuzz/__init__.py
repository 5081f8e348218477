"""Fuzzing: every decoder and the whole dispatcher against bytes nobody should send. ``python -m tests.fuzz`` runs it for longer."""
