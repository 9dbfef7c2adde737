"""Propose configurations, run their folds, stop those that cannot win: here, or on Ray Tune.

In    a study, a table, how many trials from which sampler under which scheduler
Out   events as they happen (events.py), and the outcome of every trial
Uses  common, runners, selection, study, workspace
"""
