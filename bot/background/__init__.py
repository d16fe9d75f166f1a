"""Background work: what falls due with time, and what follows from the end of an operation.

It knows no block, no view and no message: it changes records and returns ``DueWork``.
"""
