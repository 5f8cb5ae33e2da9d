"""Papers, authors and categories as curators mend them."""
