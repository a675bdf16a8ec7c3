"""The commands for corpora: what there is, how to get it, and whether it is as it should be."""
