"""Who is a member and what they owe: a port, and the directories behind it (a table of our own, VClaim)."""
