"""The commands of the `edfs-bot` command line."""
