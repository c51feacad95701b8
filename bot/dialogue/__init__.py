"""The engine: conversation state, turns and the flow stack. Pure: no database, no network, no clock."""
