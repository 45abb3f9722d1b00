"""Publication lists: what the index of a library holds, as files that people publish.

`selection` says what goes into a list, `reference` is one paper of it, each format has a module, and `outputs` keeps
files up to date. No library is asked anything.
"""
