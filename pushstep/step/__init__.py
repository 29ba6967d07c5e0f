"""The push step: from texts and YAML to one frozen, checked value."""
