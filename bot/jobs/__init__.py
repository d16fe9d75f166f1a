"""Runs the bot's work as jobs, spread over all replicas by docket; nothing else knows docket.

    answer(workspace, delivery)         answers a stored delivery
    advance(workspace, operation)       takes an operation's next steps
    draw(workspace, kind, record)       draws a card
    run_due(workspace, kind, record)    does what is due of a request, an auto-enable, a
                                        subscription or a channel, and ("ended") what follows
                                        from the end of an operation

Deadlines are in our own records. Each replica looks once a second (``ticker``) at what is due, and
docket (``engine``) is only asked to run something now. So a job that it loses costs a second,
because the next tick finds the work still due.
"""

from bot.jobs.engine import NAME, REDELIVERY
from bot.jobs.jobs import LEASE_SECONDS, MOST_ATTEMPTS, Jobs

__all__ = ["LEASE_SECONDS", "MOST_ATTEMPTS", "NAME", "REDELIVERY", "Jobs"]
