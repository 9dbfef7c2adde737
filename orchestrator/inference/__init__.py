"""The model that a lab takes home: trained on everybody, kept as weights and text, and asked for predictions.

In    a table, the trials' records; later: features of new clips
Out   a trained model without pickles; class probabilities
Uses  common, protocols, selection, study, training, training/packed, workspace
"""
