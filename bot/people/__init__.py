"""Participants as people: what they agreed to, their addresses joined, what is known of them told and erased."""
