"""Share groups (KIP-932): giving members records, and taking what they say of them."""
