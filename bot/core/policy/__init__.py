"""The policy: its rules, and the ruling on one change request."""
