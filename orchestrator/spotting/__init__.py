"""Spotting in long videos, and recognising what was spotted.

In    a video and a bundle; a corpus of long videos and models that each lack a person; intervals
Out   intervals with classes, as files, a page and a video; the scores of MEGC, with intervals over people
Uses  common, inference, protocols, statistics, study, training, workspace
"""
