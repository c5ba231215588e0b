"""Replay: records, a plan and events make the state of a day; the same ones always make the same.

``taking`` says which events count; ``changing``, ``people``, ``promises`` and ``tasks`` follow what they
change; ``calendar`` and ``work`` count what is done and left; ``freezing`` says who must stay; ``state`` is
all of it.
"""
