"""Words that every room uses: errors that say the next step, names that are safe, seeds that are hashes of
names.

In    names and values, as a user writes them
Out   the same, checked; or an error that names the nearest known one
Uses  nothing of ours
"""
