"""Completions that a correction has shaken: the department's list, and one completion."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from courses.completion_forms import KeepForm, WithdrawForm
from courses.models import Completion, CompletionReview, CompletionWithdrawal
from courses.reviews import AlreadyWithdrawn, causes_of, close_review, withdraw_completion
from lms.people.keys import read_key
from lms.people.models import StaffMember
from lms.people.models.accounts import Role
from lms.people.scopes import Scope, scope_of

PAGE_SIZE = 50


@login_required
@never_cache
@require_safe
def review_list(request: HttpRequest) -> HttpResponse:
    """List what waits for a decision, the oldest first, and what was decided last."""
    scope = manager_or_404(request)
    reviews = CompletionReview.objects.filter(
        person__in=StaffMember.objects.visible_to(scope)
    ).select_related("person", "course", "closed_by")
    waiting = reviews.filter(closed_at=None).order_by("pk")
    after = request.GET.get("sau", "")
    if key := read_key(after):
        waiting = waiting.filter(pk__gt=key)
    shown = list(waiting[: PAGE_SIZE + 1])
    has_more, shown = len(shown) > PAGE_SIZE, shown[:PAGE_SIZE]
    address = reverse("completion_reviews")
    context = {
        "waiting": [(review, causes_of(review)) for review in shown],
        "decided": reviews.exclude(closed_at=None).order_by("-closed_at", "-pk")[:PAGE_SIZE],
        "next_url": f"{address}?sau={shown[-1].pk}" if has_more else "",
        "first_url": address if after else "",
    }
    return render(request, "courses/completion_reviews.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def completion(request: HttpRequest, logical_id: UUID) -> HttpResponse:
    """Show one completion; keep it, or take it away."""
    scope = manager_or_404(request)
    held = (
        Completion.objects.filter(
            logical_id=logical_id, person__in=StaffMember.objects.visible_to(scope)
        )
        .select_related("person", "course")
        .order_by("-withdrawn_on", "-pk")
        .first()
    )
    if held is None:
        raise Http404
    review = CompletionReview.objects.filter(
        completion_logical_id=logical_id, closed_at=None
    ).first()
    withdrawal = CompletionWithdrawal.objects.filter(completion_logical_id=logical_id).first()
    is_keeping = request.method == "POST" and request.POST.get("act") == "keep"
    is_withdrawing = request.method == "POST" and not is_keeping
    keep = KeepForm(request.POST if is_keeping else None, prefix="keep")
    take = WithdrawForm(request.POST if is_withdrawing else None, prefix="take", completion=held)
    if is_keeping and review is not None and keep.is_valid():
        close_review(review, **keep.cleaned_data, actor=request.user, at=timezone.now())
        messages.success(request, _("The completion stays, with your reason on record."))
        return redirect("completion_reviews")
    if is_withdrawing and withdrawal is None and take.is_valid():
        try:
            withdraw_completion(held, **take.cleaned_data, actor=request.user, at=timezone.now())
        except AlreadyWithdrawn:
            messages.warning(request, _("This completion was taken away before."))
        else:
            messages.success(request, _("The completion is taken away."))
        return redirect("completion", logical_id)
    context = {
        "completion": held,
        "review": review,
        "causes": causes_of(review) if review else [],
        "withdrawal": withdrawal,
        "keep": keep,
        "take": take,
        "trail": [
            (_("Completions to look at again"), reverse("completion_reviews")),
            (str(held.person), ""),
        ],
    }
    return render(request, "courses/completion.html", context)


def manager_or_404(request: HttpRequest) -> Scope:
    scope = scope_of(request.user)
    if not scope.has_role(Role.PROVINCE_MANAGER):
        raise Http404
    return scope
