"""Train one fold, or one model on everybody. Knows neither Ray nor MLflow.

In    a fold's job and its arrays
Out   probabilities of every epoch; what a recipe uses is a file of its own in parts/
Uses  common, study
"""
