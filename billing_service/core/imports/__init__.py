"""Fees for importing member files."""
