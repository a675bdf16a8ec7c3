"""A small recogniser of simulated speech: a network hears phones, the grammar makes texts of them.

It knows the grammar and the lexicon, and the sound of the talkers that it was trained on; who is
to be recognised must not be one of them. A word error rate by it tells whether the words of a
recording can be told apart, not whether a person would understand them.
"""
