"""The EDFS and iTwins stand-in."""
