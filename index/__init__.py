"""Articles in, ranked paragraphs out."""
