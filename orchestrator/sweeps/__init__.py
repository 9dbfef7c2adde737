"""What is asked and what came of it: Experiment, Execution, run, Result.

In    an experiment, and how to run it
Out   a Result, and events on the way; nothing is printed here
Uses  common, inference, protocols, results, results/explain, runners, search, selection, spotting, study, tracking, workspace
"""  # noqa: E501
