"""What has come in and what has to go out: inbox, outbox, sender, receipts."""
