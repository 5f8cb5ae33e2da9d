"""What is suspicious in the catalogue: dead links, likely duplicates, and what the doctor finds."""
