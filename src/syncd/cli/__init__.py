"""The command line: prose, tables and exit codes live here only."""
