"""What the commands share: their options, the progress bar, one meaning of every exit status.

In    a command line; events of a sweep
Out   an Experiment and an Execution; lines on a terminal
Uses  common, protocols, search, selection, study, sweeps, tracking, workspace
"""
