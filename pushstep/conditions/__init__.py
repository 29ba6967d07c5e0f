"""Whether a step runs: values in, a decision with its reasons out; the regex engine is handed in."""
