"""What may be looked at to choose a configuration and an epoch, and what the chosen predictions score.

In    records of folds: predictions, and labels of validation people alone
Out   choices under named rules, one a file in rules/; scores joined with the truth by clip id
Uses  study
"""
