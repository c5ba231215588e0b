"""Content: what a report says of a plan, whatever it is written into: values, and tables of values with their terms.

``report`` is one plan with all that is said of it, ``tables`` what its columns are; the rest are single subjects.
"""
