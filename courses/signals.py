"""What the floors above may listen to; sent by ``transaction.on_commit`` only."""

from django.dispatch import Signal

# A completion was recorded. Argument: ``completion``. Its receiver must be idempotent, and a
# command heals what it missed: the fact is saved before anybody hears of it.
course_completed = Signal()

# A completion was taken away. Argument: ``withdrawal`` (``CompletionWithdrawal``); as above.
completion_withdrawn = Signal()
