"""A finished sweep as tables, CSV files and pictures.

In    a sweep's summary and its chosen predictions
Out   files in the sweep's folder, tables for a terminal; nothing is printed here
Uses  common, protocols, search, selection, statistics, study, workspace
"""
