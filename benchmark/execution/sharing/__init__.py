"""What runs that share a machine or a working folder agree on: who does which job, and when.

`leases`: no job is done twice. `at_work`: no two that hold each other's answers at once.
"""
