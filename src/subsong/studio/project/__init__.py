"""The project page: what there is, how far it has come, and what to correct next.

`facts` knows lengths and rates of recordings without asking each file again; `table` is the list of recordings,
`queue` what comes next, `overview` the birds and labels.
"""
