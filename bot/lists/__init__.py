"""Lists that an operator brings in as CSV files: how they are read, checked, and told about."""
