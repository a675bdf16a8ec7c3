"""A small recogniser of simulated speech: a network hears phones, a search makes words of them.

It knows the words of the simulated corpora and which follow which (`bigrams`), and the sound of the
simulated talkers it was trained on (`acoustics`); none of them is in the embedded corpus. A word
error rate by it tells whether words can be told apart, not whether a person would understand them.
`heard` is the one that metrics use, with its data beside it.
"""
