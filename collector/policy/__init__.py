"""From an assessment to a verdict: rules are data (default.toml), conditions are CEL."""
