"""The commands of the command line, a few that belong together in each file; ``optimizer.cli`` puts them together."""
