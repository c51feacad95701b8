"""Any participant at all against the real store: whatever is said, tapped or sent, in whatever order."""
