"""From tables to what people read: Markdown, dataset cards, the site, plots, exports, examples.

In: a leaderboard snapshot. Out: files. Imports all packages above it but `sandbox`, `evaluation`
and `execution`: showing results runs nothing.
"""
