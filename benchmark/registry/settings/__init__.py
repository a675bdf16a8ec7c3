"""The settings of an entry's variants: which there are, and how a run changes some."""
