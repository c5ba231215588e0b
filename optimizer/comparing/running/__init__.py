"""Running: many plans at once, on the processes of this machine or on a cluster.

``run`` is what jobs and their crews are; ``crews`` picks ``pools`` or ``clusters`` (both are ``listening``);
``keeping`` keeps what is finished.
"""
