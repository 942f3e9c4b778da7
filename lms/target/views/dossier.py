"""``/can-bo/<id>/ho-so.pdf`` and ``…/kiem-chung/``: what one person's training leaves on paper."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from lms.people import audit
from lms.people.models import StaffMember
from lms.people.scopes import Scope, scope_of
from lms.target.dossier.bundle import make_bundle, may_have_bundle
from lms.target.dossier.paper import record_pdf


def person_or_404(scope: Scope, person_id: int) -> StaffMember:
    """Return a person whose record the asker sees; nobody is left of an erased one."""
    people = StaffMember.objects.visible_to(scope).filter(erased_at=None)
    return get_object_or_404(people, pk=person_id)


def say_refused(request: HttpRequest) -> None:
    messages.error(
        request,
        _("The document could not be drawn: a name in it has a letter that the face lacks."),
    )


@login_required
@require_POST
def record_file(request: HttpRequest, person_id: int) -> HttpResponse:
    """Hand out the record as PDF and write that it was handed out."""
    # The drawing library is heavy: only who asks for a PDF pays for it.
    from certificates.rendering import DocumentRefused  # noqa: PLC0415 (heavy)

    scope, at = scope_of(request.user), timezone.now()
    person = person_or_404(scope, person_id)
    try:
        pdf = record_pdf(person, scope, at=at)
    except DocumentRefused:
        say_refused(request)
        return redirect("target:record", person.pk)
    with transaction.atomic():
        audit.log("record.export_pdf", person, actor=request.user, at=at, person=person)
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="ho-so-{person.staff_code}.pdf"'
    response["X-Robots-Tag"] = "noindex"
    return response


@login_required
@require_http_methods(["GET", "POST"])
def bundle(request: HttpRequest, person_id: int) -> HttpResponse:
    """Say what the bundle of evidence holds (GET), hand it out (POST)."""
    # The drawing library is heavy: only who asks for a PDF pays for it.
    from certificates.rendering import DocumentRefused  # noqa: PLC0415 (heavy)

    scope = scope_of(request.user)
    person = person_or_404(scope, person_id)
    if not may_have_bundle(person, scope):
        raise Http404
    if request.method == "POST":
        try:
            made = make_bundle(person, scope, actor=request.user, at=timezone.now())
        except DocumentRefused:
            say_refused(request)
            return redirect("target:bundle", person.pk)
        response = FileResponse(made.file, as_attachment=True, filename=made.name)
        response["Content-Type"] = "application/zip"
        response["X-Robots-Tag"] = "noindex"
        return response
    context = {"person": person, "is_own": person.pk == scope.person_id}
    return render(request, "target/dossier/bundle.html", context)
