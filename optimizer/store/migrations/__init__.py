"""The shapes that the tables had, release by release, and the steps between them."""
