"""My certificates, one certificate, its document, and the public check."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from certificates.codes import MalformedCode, in_groups, read_code
from certificates.documents import DocumentAltered, DocumentMissing, read_document
from certificates.forms import CheckForm, ReissueForm, RevokeForm
from certificates.models import Certificate, DocumentStatus
from certificates.verification import (
    LIMIT_COUNT,
    LIMIT_SECONDS,
    State,
    find_certificate,
    state_of,
    verdict_on,
)
from lms.people.limits import is_over, too_many
from lms.people.models.accounts import Role
from lms.people.scopes import Scope, scope_of


@login_required
@never_cache
@require_safe
def my_certificates(request: HttpRequest) -> HttpResponse:
    """List the asker's own certificates, newest first; superseded ones stand below their heirs."""
    scope = scope_of(request.user)
    today = timezone.localdate()
    certificates = (
        Certificate.objects.of_person(scope.person_id)
        .with_outcome()
        .order_by("-issued_on", "-pk")
        .defer("superseded_by__facts")
    )
    context = {
        "rows": [(certificate, state_of(certificate, today)) for certificate in certificates],
        "may_issue": scope.has_role(Role.PROVINCE_MANAGER),
    }
    return render(request, "certificates/certificates.html", context)


@login_required
@never_cache
@require_safe
def certificate(request: HttpRequest, certificate_id: int) -> HttpResponse:
    """Show what became of a certificate; a focal person sees its state, never the document."""
    scope = scope_of(request.user)
    found = _visible_or_404(scope, certificate_id)
    may_manage = scope.has_role(Role.PROVINCE_MANAGER)
    verdict = verdict_on(found, timezone.localdate())
    is_over_now = verdict.state in {State.REVOKED, State.SUPERSEDED}
    context = {
        "certificate": found,
        "verdict": verdict,
        "person": found.person,
        "may_read": _may_read(scope, found),
        "may_manage": may_manage and not is_over_now,
        "reissue_form": ReissueForm(),
        "revoke_form": RevokeForm(),
        "code": in_groups(found.verification_code),
        "trail": [(_("Certificates"), reverse("certificates")), (found.register_no, "")],
    }
    return render(request, "certificates/certificate.html", context)


@login_required
@never_cache
@require_safe
def download(request: HttpRequest, certificate_id: int) -> HttpResponse:
    """Hand the document to its owner or a manager, byte for byte as it was issued."""
    scope = scope_of(request.user)
    found = _visible_or_404(scope, certificate_id)
    if not _may_read(scope, found):
        raise Http404
    try:
        pdf = read_document(found)
    except DocumentMissing:
        return _no_document(request, found, found.document_status)
    except DocumentAltered:
        return _no_document(request, found, "altered")
    response = HttpResponse(pdf, content_type="application/pdf")
    number = found.register_no.replace("/", "-")
    response["Content-Disposition"] = content_disposition_header(
        as_attachment=True, filename=f"Giấy chứng nhận {number}.pdf"
    )
    # A file that a browser takes for a page must not act as one (ASVS V3.2.1).
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@require_safe
def verify_form(request: HttpRequest) -> HttpResponse:
    """Ask for a code; a code that can be one leads to its page."""
    form = CheckForm(request.GET if "ma" in request.GET else None)
    if form.is_bound and form.is_valid():
        try:
            code = read_code(form.cleaned_data["ma"])
        except MalformedCode:
            form.add_error("ma", _malformed_text())
        else:
            return redirect("verify_certificate", code=in_groups(code))
    return _unindexed(render(request, "certificates/verify_form.html", {"form": form}))


@require_safe
def verify(request: HttpRequest, code: str) -> HttpResponse:
    """Say in words first what the certificate with this code is worth, then what to compare.

    Public and limited per address; nothing is drawn and nothing is written.
    """
    if is_over("certificate-check", request, limit=LIMIT_COUNT, seconds=LIMIT_SECONDS):
        return too_many(request, seconds=LIMIT_SECONDS)
    now = timezone.now()
    try:
        read = read_code(code)
    except MalformedCode:
        form = CheckForm({"ma": code[:200]})
        form.is_valid()
        form.add_error("ma", _malformed_text())
        page = render(request, "certificates/verify_form.html", {"form": form}, status=404)
        return _unindexed(page)
    found = find_certificate(read)
    context = {
        "code": in_groups(read),
        "now": now,
        "verdict": verdict_on(found, timezone.localdate(now)) if found else None,
        "form": CheckForm(),
    }
    page = render(request, "certificates/verdict.html", context, status=200 if found else 404)
    return _unindexed(page)


def _visible_or_404(scope: Scope, certificate_id: int) -> Certificate:
    return get_object_or_404(
        Certificate.objects.visible_to(scope)
        .with_outcome()
        .select_related("person", "revocation", "superseded_by"),
        pk=certificate_id,
    )


def _may_read(scope: Scope, certificate: Certificate) -> bool:
    return certificate.person_id == scope.person_id or scope.has_role(Role.PROVINCE_MANAGER)


def _no_document(request: HttpRequest, certificate: Certificate, why: str) -> HttpResponse:
    context = {
        "certificate": certificate,
        "is_pending": why == DocumentStatus.PENDING,
        "is_altered": why == "altered",
    }
    return render(request, "certificates/no_document.html", context, status=409)


def _malformed_text() -> str:
    return _(
        "This cannot be a code of ours. Please look at it again: the digits 0 and 1 and the"
        " letters O and I are not used."
    )


def _unindexed(response: HttpResponse) -> HttpResponse:
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Cache-Control"] = "no-store"
    return response
