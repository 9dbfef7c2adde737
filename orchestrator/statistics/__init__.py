"""What a score says of people who were not tested: intervals and tests whose unit is the person.

In    predictions as counts: a confusion matrix a person and seed
Out   intervals, p values, effect sizes, how many people a gain needs
Uses  selection
"""
