"""Plans: what would be changed, as plain data that can be read, approved, applied and undone."""
