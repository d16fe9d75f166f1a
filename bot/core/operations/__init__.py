"""The operation: its record, its events, its transitions and its failures."""
