"""Photos, documents and voice notes, of participants and to them: fetched, checked, kept encrypted, deleted again."""
