"""The department's desk: certificates by decision, issued again, taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from certificates.documents import try_again
from certificates.forms import MOST_AT_ONCE, DecisionForm, ReissueForm, RevokeForm
from certificates.issuing import (
    AlreadyReissued,
    AlreadyRevoked,
    CompletionGone,
    issue_by_decision,
    missing_certificates,
    reissue,
    revoke,
)
from certificates.models import Certificate
from lms.people.models import StaffMember
from lms.people.models.accounts import Role
from lms.people.scopes import Scope, scope_of
from lms.people.units import names_on


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def issue(request: HttpRequest) -> HttpResponse:
    """List completions without a certificate and issue for those ticked, by one decision."""
    scope = _manager_or_404(request)
    completions = list(
        missing_certificates()
        .filter(person__in=scope.people(StaffMember.objects.all()).values("pk"))
        .select_related("person", "course")[: MOST_AT_ONCE + 1]
    )
    shown = completions[:MOST_AT_ONCE]
    offered = {completion.pk: str(completion.person) for completion in shown}
    form = DecisionForm(request.POST or None, offered=offered)
    if request.method == "POST" and form.is_valid():
        chosen = set(form.cleaned_data["completions"])
        issued = issue_by_decision(
            [completion for completion in shown if completion.pk in chosen],
            decision_number=form.cleaned_data["decision_number"],
            decided_on=form.cleaned_data["decided_on"],
            actor=request.user,
            at=timezone.now(),
        )
        messages.success(
            request,
            ngettext("%(count)s certificate issued.", "%(count)s certificates issued.", len(issued))
            % {"count": len(issued)},
        )
        return redirect("certificates_issue")
    units = names_on([completion.unit_id for completion in shown if completion.unit_id], scope.day)
    boxes = {int(option.data["value"]): option for option in form["completions"]} if shown else {}
    context = {
        "form": form,
        "rows": [
            {
                "completion": completion,
                "unit": units.get(completion.unit_id),
                "box": boxes[completion.pk],
            }
            for completion in shown
        ],
        "has_more": len(completions) > MOST_AT_ONCE,
        "trail": [(_("Certificates"), reverse("certificates")), (_("Issue by decision"), "")],
    }
    return render(request, "certificates/issue.html", context)


@login_required
@never_cache
@require_POST
def reissue_one(request: HttpRequest, certificate_id: int) -> HttpResponse:
    certificate = _managed_or_404(request, certificate_id)
    form = ReissueForm(request.POST)
    return _act(
        request,
        certificate,
        form,
        lambda: reissue(
            certificate, reason=form.cleaned_data["reason"], actor=request.user, at=timezone.now()
        ),
        _("The certificate is issued again under its number."),
    )


@login_required
@never_cache
@require_POST
def revoke_one(request: HttpRequest, certificate_id: int) -> HttpResponse:
    certificate = _managed_or_404(request, certificate_id)
    form = RevokeForm(request.POST)
    return _act(
        request,
        certificate,
        form,
        lambda: revoke(certificate, **form.cleaned_data, actor=request.user, at=timezone.now()),
        _("The certificate is revoked."),
    )


@login_required
@require_POST
def draw_again(request: HttpRequest, certificate_id: int) -> HttpResponse:
    """Queue a refused document again, once its cause was mended; a stored one stays as it is."""
    certificate = _managed_or_404(request, certificate_id)
    if try_again(certificate):
        messages.success(request, _("The document is being made."))
    return redirect(certificate)


def _act(
    request: HttpRequest,
    certificate: Certificate,
    form: Any,
    act: Callable[[], Any],
    done: str,
) -> HttpResponse:
    """Run ``act`` if the form holds, and show the certificate it left; else the form again."""
    result = certificate
    if form.is_valid():
        try:
            outcome = act()
        except AlreadyRevoked:
            form.add_error(None, _("This certificate was revoked before."))
        except AlreadyReissued:
            form.add_error(None, _("A newer certificate with this number exists."))
        except CompletionGone:
            form.add_error(None, _("The completion behind this certificate was taken away."))
        else:
            messages.success(request, done)
            result = outcome if isinstance(outcome, Certificate) else certificate
            return redirect(result)
    context = {
        "certificate": certificate,
        "form": form,
        "is_revocation": isinstance(form, RevokeForm),
        "trail": [
            (_("Certificates"), reverse("certificates")),
            (certificate.register_no, certificate.get_absolute_url()),
            (_("Revoke") if isinstance(form, RevokeForm) else _("Issue again"), ""),
        ],
    }
    return render(request, "certificates/act.html", context)


def _manager_or_404(request: HttpRequest) -> Scope:
    scope = scope_of(request.user)
    if not scope.has_role(Role.PROVINCE_MANAGER):
        raise Http404
    return scope


def _managed_or_404(request: HttpRequest, certificate_id: int) -> Certificate:
    scope = _manager_or_404(request)
    return get_object_or_404(Certificate.objects.visible_to(scope), pk=certificate_id)
