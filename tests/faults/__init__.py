"""Seeded faults: small, realistic faults in data and code, made one at a time, and what notices them (`make faults`).

They are no tests of their own: pytest does not collect this folder. `tests/faults_check.py` runs them all.
"""
