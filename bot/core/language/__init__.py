"""The command language: text to commands, and commands back to text."""
