"""What time and events ask for: due work and what follows from the end of an operation."""
