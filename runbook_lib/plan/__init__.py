"""What would be changed, as plain data: edits of documents, of the text of a file, and how the two sides differ."""
