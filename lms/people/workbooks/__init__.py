"""The staff list as a workbook: written with what the portal knows, read back, looked at, applied.

A file is read by our own stream over its XML, never by an office library: that sees formulas,
hidden rows and merged cells, which value readers do not show, and stops at the first byte past its
limits. Nothing is written before somebody has seen the preview (``docs/staff-workbooks.md``).
"""
