"""The keychain: which credential goes to which registry host, and where it came from."""
