"""A page on this machine: somebody drops a video, or records one, and sees what a model says of it.

In    a bundle; videos that a browser sends
Out   what was spotted and recognised, an annotated video; nothing is kept
Uses  inference, results/explain, spotting
"""
