"""From tables to what people read: Markdown, the site, exports, charts, example galleries.

In: a leaderboard snapshot. Out: files. Imports all packages above it but `sandbox`, `evaluation`
and `execution`: showing results runs nothing.
"""
