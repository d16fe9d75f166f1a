"""The only awaits on the world: one module for each system outside."""
