"""What comes to people: mails about new papers.

`sections` finds what a person's next mail has, `messages` writes it, and `sending` sends what is
due, each once; `schedule` knows when that is. `links` makes and reads the signed links of a mail,
`bounces` reads the mails that come back.
"""
