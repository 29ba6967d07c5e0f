"""Registries: their names, and who may push there."""
