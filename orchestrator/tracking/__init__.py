"""What MLflow is told, now or when it answers again.

In    events of a sweep, its report and its model, all of them on disk before
Out   nested runs in MLflow; what it lacks waits in the sweep's folder
Uses  common, inference, results, search, selection, study, workspace
"""
