"""What people ask for. Each feature turns a command into an outcome; none imports another."""
