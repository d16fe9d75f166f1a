"""What people read: pure functions from outcomes to blocks."""
