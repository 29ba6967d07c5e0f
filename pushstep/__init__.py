"""pushstep: decide whether this run pushes an image, push it, say exactly what was pushed."""

__version__ = "0.1.0"
