"""Pure readers of what people write: numbers, dates, choices. No database, no network, no model."""
