"""From the catalogue to files."""
