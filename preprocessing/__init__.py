"""1. Raw frames -> Parquet. Reads labels and pixels, writes feature sets; imports nothing else of ours and no
torch."""
