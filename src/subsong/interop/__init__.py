"""Other tools' files and calls, read into ours: one package or file a tool."""
