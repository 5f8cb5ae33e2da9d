"""The catalogue for programs: what every page can say, as JSON and in the formats of citations."""
