"""What readers say is wrong with a paper, for curators to settle."""
