"""The notebooks as web pages, for people who do not open notebooks: Voilà with what it serves held to these pages.

It runs as a process of its own (``python -m runbook_lib.serving``), which the command ``serve`` starts and ends. What
it says to its starter stands in a file, as Jupyter servers do it: address and token.
"""
