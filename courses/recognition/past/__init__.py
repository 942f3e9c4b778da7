"""Training from before the portal, taken over from an Excel list: read, looked at, applied, undone.

The office keeps the class list or the decision; a row names it by its number instead of a file.
"""
