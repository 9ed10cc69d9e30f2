"""Pages from the web, when asked: fetched with care, kept in the index folder, read like files."""
