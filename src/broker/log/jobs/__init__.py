"""What happens to data after it was written, as jobs that any broker may run: merging, retention, garbage, orphans, old entries.

J1  Two brokers may run the same step at once: whatever changes anything is checked against the catalog in the transaction that changes it. A
    lease saves work and is never what safety rests on.
J2  Data is durable before spans name it, and is deleted only after nothing names it, after a grace for those who read the spans before.
J3  The store first, then the catalog's row: what is interrupted is repeated, and nothing is forgotten that is still there.
J4  An object goes as an orphan only when the catalog itself says that nobody can commit it any more.
J5  Steps are bounded, in rows and in bytes; what is left is done by the next step.
"""
