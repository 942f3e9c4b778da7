"""What certificates hear from the floor below."""

from typing import Any

from certificates.issuing import is_issued_on_completion, issue_certificate, revoke_withdrawn
from courses.models import Completion, CompletionWithdrawal


def certify(sender: Any, completion: Completion, **kwargs: Any) -> None:
    """Issue on completion where the course says so; idempotent.

    Issued at the moment the completion was recorded, by the portal itself. What is missed here,
    for example because the process died after the commit, ``issue_missing_certificates`` heals.
    """
    if is_issued_on_completion(completion):
        issue_certificate(completion, actor=None, at=completion.recorded_at)


def take_back(sender: Any, withdrawal: CompletionWithdrawal, **kwargs: Any) -> None:
    """Revoke what was issued for a completion that was taken away; idempotent.

    What is missed here the examination of the books finds and mends (``check_integrity``).
    """
    revoke_withdrawn(withdrawal)
