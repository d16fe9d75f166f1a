"""The protocol of the records that are state machines: operations, approvals, auto-enables.

The module of each has two functions and a picture of its states at its head:

    after(record, event)   return the record's next version; raises InvalidTransition for an event
                           that the picture has no arrow for
    due(record)            return when the record is to be looked at again (unix seconds), or None

Both are pure: times are unix seconds and are passed in.
"""


class InvalidTransition(Exception):
    """The record's state machine has no arrow for this event."""
