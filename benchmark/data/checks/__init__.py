"""Is each signal of each recording what its corpus says that it is?

In: a corpus. Out: problems, each with recording, signal, what was expected, what was found, and
what to do. `arrays` looks at one array, `recordings` at one recording and its name among the
others, `corpus` at all of them, one at a time.
"""
