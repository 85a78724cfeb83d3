"""Notebooks with somebody in front of them: widgets over what headless runs do, and nothing that those do not."""
