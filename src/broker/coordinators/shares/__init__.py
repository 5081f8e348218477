"""Share groups (KIP-932), the records' half: who has which record of a partition, and what became of it. Rules only, without waiting."""
