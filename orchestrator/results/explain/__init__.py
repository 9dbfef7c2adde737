"""Why a model gave a clip its class: what each place of the face and each step of time counted.

In    one fold's own model and clips that it was not trained on; or a bundle and somebody's clip
Out   importance per (step, place) by several methods, pictures, and how far they can be believed
Uses  inference, study, training
"""
