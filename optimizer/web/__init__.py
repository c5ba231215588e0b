"""The web: an API over the store and its jobs, access to it, and a first page; ``app`` puts it together."""
