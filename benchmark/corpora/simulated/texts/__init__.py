"""What is said: a lexicon, a grammar, durations of phones and the course of pitch."""
