"""Pricing: what one more unit of each row is worth, and what these prices prove at any size."""
