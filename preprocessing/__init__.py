"""1. Raw frames -> Parquet. It imports nothing else of ours and no torch.

In come a corpus' folder, read by its adapter in datasets/, and the choices of an extraction
(inputs.Settings); out come feature sets, on disk or in a bucket, that name all that decided their numbers.
The orchestrator imports schema, places, plugins, closure and datasets, which are light, and where a sweep
extracts also extract and inputs.
"""

from preprocessing.extras import told_by_commands

told_by_commands()
