"""Sources: what was loaded, what became of its rows, and loading more."""
