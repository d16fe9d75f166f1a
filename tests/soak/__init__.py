"""A campaign of random commands under random faults, with a judge at its end."""
