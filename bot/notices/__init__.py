"""Closures and outages: what is known, since when, for whom, and who is told."""
