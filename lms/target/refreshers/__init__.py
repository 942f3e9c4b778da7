"""Refreshers as the department asks for them: the impact first, then the act, then taking it back.

The act itself is ``courses.refreshing``; here it is judged by the definition and shown.
"""
