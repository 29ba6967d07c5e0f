"""Pushing: what goes where, and the transports that bring it there."""
