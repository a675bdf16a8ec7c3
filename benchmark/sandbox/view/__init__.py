"""What is visible in a sandbox, as a list of mounts.

`libraries`: where the interpreter has itself and its libraries. `copies`: what of it must be hidden
after all. `layout`: both and what a job is given, in the order in which it is mounted.
"""
