"""Sealed scores beside public ones: in Markdown, on the site, and in the exports."""
