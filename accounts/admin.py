"""People, as those who manage them see them: never what is private to them."""
