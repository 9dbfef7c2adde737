"""Where in a long video expressions are: a spotter that is not trained, in one pass with a few frames in
memory.

    motion.py  frames -> curves of regional motion, sample by sample
    peaks.py   curves -> intervals
    run.py     a video -> its curves: in chunks that are kept, so that an interrupted pass goes on
"""
