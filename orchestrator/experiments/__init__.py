"""Published tables and figures as files (PAPER/TABLE.toml), and what runs them.

In    a file, the corpora that somebody has, a number of seeds
Out   a sweep a row, and the table with ours beside the published: Markdown, CSV, LaTeX, pictures
Uses  common, protocols, results, results/explain, runners, search, statistics, study, sweeps, tracking, workspace
"""  # noqa: E501
