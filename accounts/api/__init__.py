"""A person's library for programs, through the same door as the pages."""
