"""Several folds of one model as one program, for GPUs.

In    jobs with one pack_key, and their arrays
Out   the results that each fold has alone, within rounding; with keeping.py, of one fold
      too, the weights
Uses  selection, study, training
"""
