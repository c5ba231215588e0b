"""Other ways to make the same plan, each a module that runs in a process of its own and needs numpy and its package.

    python -m tests.benchmarks.rivals.NAME QUESTION.npz ANSWER.npz SECONDS [VARIANT]

None of them imports the optimizer: all they know is the question, and their plan is judged by ``evaluate``.
"""
