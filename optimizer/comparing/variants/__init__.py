"""Variants: small named changes of a case.

``variant`` reads and lays them on a case; ``patches`` are the words of a file, ``filters`` and ``meaning``
say whom they mean, ``settings`` changes the scenario, ``patching`` the records, ``touched`` lists what was
changed.
"""
