"""From the arrival of a message to its acknowledgement: the ledger, the way in and out, the spool."""
