"""The same fold in this process or as a Ray task, and what becomes of one that fails.

In    fold jobs or the models of a refit, a table, what one of them asks for; folds of long videos
Out   results as folds end, each kept in the store before it is handed on
Uses  common, inference, spotting, study, training, training/packed, workspace
"""
