"""Candidates: where the image to push comes from."""
