"""Spotting in long videos, and recognising what was spotted.

In    a video and a bundle; or intervals, spotted and true
Out   intervals with classes, as files, a page and a video; the scores of MEGC
Uses  common, inference
"""
