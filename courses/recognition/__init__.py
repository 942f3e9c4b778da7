"""Training held elsewhere: papers handed in, checked by the unit, recognised by the department.

Nothing counts before the approval, and it counts from the last day of the training
(``lms/people/rules.py``: at least so many per cent of our own periods).
"""
