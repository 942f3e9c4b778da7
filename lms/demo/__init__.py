"""The fictional province of the demo: who works there, what they learn, and who signs in to look.

The seed invents a plan first (pure, from a seeded generator of its own) and then writes it: through
the site's write functions, or set-based for tens of thousands of people. Nobody here is real.
"""
