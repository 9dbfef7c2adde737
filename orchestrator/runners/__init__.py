"""The same fold in this process or as a Ray task, and what becomes of one that fails.

In    fold jobs, a table, what a fold asks for
Out   results as folds end, each kept in the store before it is handed on
Uses  common, study, training, training/packed, workspace
"""
