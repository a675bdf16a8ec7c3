"""What a corpus gives, held against what it declares: ids, arrays, lengths, levels, copies.

In: a Corpus and its folder. Out: problems, each with recording, signal, what was expected, what was
found, and what to do. A reader may be anybody's: whatever it raises or returns becomes a sentence.
`data check` looks at every recording; `folds.prepare` at those of a split, as it reads them.
Imports `core`, `plain_text` and `storage`.
"""

from benchmark.data.checks.corpus import Report, check_corpus
from benchmark.data.checks.listing import given_by, listed
from benchmark.data.checks.reading import agree, read

__all__ = ["Report", "agree", "check_corpus", "given_by", "listed", "read"]
