"""The policy: rules, rulings, and the TOML file they are read from."""
