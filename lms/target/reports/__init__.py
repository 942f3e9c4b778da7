"""Frozen reports of a period and the documents made of them."""
