"""What MLflow is told, now or when it answers again.

In    events of a sweep, its report and its model, all of them on disk before
Out   nested runs in MLflow; what it lacks waits in the sweep's folder
Uses  common, inference, results, search, selection, statistics, study, workspace
"""

import os

# The first two are read when mlflow is imported. The others are for a server that goes away: what fails is
# kept and written later (outbox.py), so that MLflow's own 7 retries, about four minutes of a sweep for one
# lost request, are of no use here.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
# at once, without a pause: for a connection that was cut
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "20")  # seconds without an answer
# two lines a run, with the password of the address
os.environ["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = "true"
