"""The only room that knows where things lie: fold results, sweeps' folders, what may go.

In    a workspace or a store, names of sweeps, ids of jobs
Out   fold results that are whole or not there; folders that one process at a time uses; looks at test people
Uses  common, study
"""
