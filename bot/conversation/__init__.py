"""One turn: read, advance, store, queue; and the same for what an agent says."""
