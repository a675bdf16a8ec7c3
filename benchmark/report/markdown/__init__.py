"""Tables in Markdown: of any kind, of results, of their breakdowns."""
