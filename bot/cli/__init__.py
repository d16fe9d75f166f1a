"""The verbs of the `edfs-bot` command line."""
