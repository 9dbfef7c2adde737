"""A sweep as one HTML page that needs nothing else, and its tables as LaTeX, CSV and Markdown.

tables.py and figures.py say what is shown, of a sweep's summary, predictions and details; page.py puts it
into page.html.j2, which escapes every text; formats.py writes the tables. explained.py: what results/explain
has made of the sweep. plain.py: a page of tables and pictures, of a comparison or an experiment.
"""
