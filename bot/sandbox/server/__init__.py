"""The sandbox's own HTTP server: its API, and the page that shows the world."""
