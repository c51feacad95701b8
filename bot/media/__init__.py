"""Photos, documents and voice notes of participants: fetched, checked, kept encrypted, and deleted again."""
