"""From a delivery to the answer its sender sees."""
