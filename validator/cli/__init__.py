"""The command line: parse into one plain object, call a workflow, show the result."""
