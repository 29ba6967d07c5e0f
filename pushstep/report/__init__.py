"""What a run came to, rendered: outputs, JSON, Markdown."""
