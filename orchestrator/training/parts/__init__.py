"""What a recipe may leave out: one file a part. orchestrator/study/parts.py says when a fold uses it; the
fold's code version holds the parts that it uses, and no other. Everything else in training is always used.
"""
