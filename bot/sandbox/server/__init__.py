"""The sandbox's HTTP server: its API, and the page that shows the world."""
