"""Cards in channels: what a record looks like now, and posting or updating it."""
