"""One model on one table: what its trials are made of.

In    a feature set on disk, a label scheme, a configuration, the user's plugins
Out   fold jobs and their ids, what a worker is given of them, the version of the code that decides them
Uses  common, protocols
"""
