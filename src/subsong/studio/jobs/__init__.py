"""Work in processes of its own: started from the studio, found again when it starts anew.

`store` starts, lists and stops jobs; `record` is what is kept of one on the disk, `child` the process it runs in,
`console` what it printed.
"""
