"""``/viec-hoc/cong-nhan/`` and ``/cong-nhan/``: papers of training held elsewhere."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from courses.models import Completion, ExternalTraining
from courses.models.recognition import (
    OFFICE_ROLES,
    OPEN_STATUSES,
    EvidenceKind,
    RecognitionStatus,
)
from courses.recognition.forms import (
    EVERYTHING,
    WAITING,
    ApproveForm,
    CheckForm,
    DeclineForm,
    EraseForm,
    PaperFilterForm,
    PaperForm,
)
from courses.recognition.papers import (
    AlreadyChecked,
    AlreadyClosed,
    EvidenceAltered,
    EvidenceGone,
    TooManyOpen,
    check,
    erase_evidence,
    hand_in,
    read_file,
    take_back,
)
from courses.recognition.recognising import (
    AlreadyRecognised,
    TooFewPeriods,
    approve,
    decline,
    periods_asked,
)
from lms.people.desk import people_looked_after
from lms.people.keys import read_key
from lms.people.models import Posting, StaffMember
from lms.people.models.accounts import Role
from lms.people.rules import rules_on
from lms.people.scopes import FOCAL_ROLES, Scope, scope_of
from lms.people.text import fold
from lms.people.units import names_on

PAGE_SIZE = 50
MEDIA = {
    EvidenceKind.PDF: "application/pdf",
    EvidenceKind.JPEG: "image/jpeg",
    EvidenceKind.PNG: "image/png",
}


# The person's own papers ------------------------------------------------------------------------
@login_required
@never_cache
@require_safe
def my_papers(request: HttpRequest) -> HttpResponse:
    """List the asker's own papers, newest first."""
    scope = scope_of(request.user)
    if not scope.is_learner:
        raise Http404
    papers = ExternalTraining.objects.of_person(scope.person_id).select_related(
        "course", "stated_course"
    )
    context = {"papers": papers.order_by("-pk")[:PAGE_SIZE]}
    return render(request, "courses/recognitions_mine.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new_paper(request: HttpRequest) -> HttpResponse:
    """Take a paper from the person it is about."""
    if request.user.staff is None:
        raise Http404
    trail = [(_("Training held elsewhere"), reverse("recognitions_mine")), (_("Hand in"), "")]
    return take_paper(request, request.user.staff, trail=trail, is_own=True)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def paper_for(request: HttpRequest, person_id: int) -> HttpResponse:
    """Take a paper for one of the people whom the asker looks after."""
    scope = scope_of(request.user)
    if not scope.has_role(*OFFICE_ROLES):
        raise Http404
    person = get_object_or_404(people_looked_after(scope), pk=person_id)
    trail = [(_("Training held elsewhere"), reverse("recognitions")), (str(person), "")]
    return take_paper(
        request, person, trail=trail, is_own=False, is_vouched=scope.has_role(*FOCAL_ROLES)
    )


def take_paper(
    request: HttpRequest,
    person: StaffMember,
    *,
    trail: list[tuple[str, str]],
    is_own: bool,
    is_vouched: bool = False,
) -> HttpResponse:
    """Show the form, keep the paper, and lead to it."""
    is_post = request.method == "POST"
    form = PaperForm(request.POST, request.FILES) if is_post else PaperForm()
    if is_post and form.is_valid():
        try:
            training = hand_in(
                person,
                form.claim(),
                form.evidence,
                is_vouched=is_vouched,
                actor=request.user,
                at=timezone.now(),
            )
        except TooManyOpen:
            form.add_error(None, _("Too many papers are waiting. Let these be decided first."))
        except OSError:
            form.add_error("file", _("The file could not be stored. Please try again later."))
        else:
            messages.success(request, _("The paper is handed in."))
            return redirect(training)
    context = {"form": form, "person": person, "is_own": is_own, "trail": trail}
    return render(request, "courses/recognition_new.html", context)


# The office's list ------------------------------------------------------------------------------
@login_required
@never_cache
@require_safe
def papers(request: HttpRequest) -> HttpResponse:
    """List the papers of the asker's people: what waits first, or by state, course and name."""
    scope = scope_of(request.user)
    if not scope.has_role(*OFFICE_ROLES):
        raise Http404
    form = PaperFilterForm(request.GET)
    form.is_valid()
    typed = form.cleaned_data
    found = filtered(ExternalTraining.objects.looked_after(scope), typed)
    after = read_key(request.GET.get("sau", "")) or 0
    if after:
        found = found.filter(pk__lt=after)
    shown = list(
        found.select_related("person", "course", "stated_course").order_by("-pk")[: PAGE_SIZE + 1]
    )
    has_more, shown = len(shown) > PAGE_SIZE, shown[:PAGE_SIZE]
    address = reverse("recognitions")
    query = {name: request.GET[name] for name in form.fields if request.GET.get(name)}
    units = units_of(shown, scope)
    context = {
        "form": form,
        "rows": [(training, units.get(training.person_id)) for training in shown],
        "is_filtered": bool(query),
        "may_decide": scope.has_role(Role.PROVINCE_MANAGER),
        "next_url": f"{address}?{urlencode(query | {'sau': shown[-1].pk})}" if has_more else "",
        "first_url": f"{address}?{urlencode(query)}" if after else "",
    }
    return render(request, "courses/recognitions.html", context)


def filtered(found: QuerySet[ExternalTraining], typed: dict[str, Any]) -> QuerySet:
    """Narrow to what was asked for; without a state, to what nobody has decided yet."""
    status = typed.get("tinh-trang") or WAITING
    if status == WAITING:
        found = found.filter(recognition_status__in=OPEN_STATUSES)
    elif status != EVERYTHING:
        found = found.filter(recognition_status=status)
    if typed.get("khoa"):
        course = typed["khoa"]
        found = found.filter(Q(course=course) | Q(course=None, stated_course=course))
    name = (typed.get("q") or "").strip()
    if name:
        found = found.filter(
            Q(person__folded_name__contains=fold(name)) | Q(person__staff_code__iexact=name)
        )
    return found


def units_of(shown: list[ExternalTraining], scope: Scope) -> dict[int, Any]:
    """Return the unit of each person's primary posting today; two queries."""
    postings = dict(
        Posting.objects.current()
        .valid_on(scope.day)
        .filter(person__in=[training.person_id for training in shown], is_primary=True)
        .values_list("person_id", "unit_id")
    )
    names = names_on(list(postings.values()), scope.day)
    return {person: names.get(unit) for person, unit in postings.items()}


# One paper --------------------------------------------------------------------------------------
@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def paper(request: HttpRequest, training_id: int) -> HttpResponse:
    """Show one paper and what the asker may do with it; do it."""
    scope = scope_of(request.user)
    training = paper_or_404(scope, training_id)
    is_own = training.person_id == scope.person_id
    act = request.POST.get("act", "") if request.method == "POST" else ""
    allowed = acts_of(training, scope)
    if act and act not in allowed:
        # A page left open while somebody else decided.
        messages.warning(request, _("Somebody was faster: look at how it stands now."))
        return redirect(training)
    forms = {
        "check": CheckForm(request.POST if act == "check" else None, prefix="check"),
        "approve": ApproveForm(
            request.POST if act == "approve" else None, prefix="approve", training=training
        ),
        "decline": DeclineForm(request.POST if act == "decline" else None, prefix="decline"),
    }
    if act:
        answered = act_on(request, training, act, forms)
        if answered is not None:
            return answered
    completion = (
        Completion.objects.filter(logical_id=training.completion_logical_id)
        .order_by("-withdrawn_on", "-pk")
        .first()
        if training.completion_logical_id
        else None
    )
    may_decide = scope.has_role(Role.PROVINCE_MANAGER) and not is_own
    context = {
        "training": training,
        "is_own": is_own,
        "allowed": allowed,
        "forms": forms,
        "completion": completion,
        "may_decide": may_decide,
        "is_picture": training.evidence_kind in {EvidenceKind.JPEG, EvidenceKind.PNG},
        "needed": needed_periods(training),
        "twins": twins_of(training) if may_decide else 0,
        "unit": units_of([training], scope).get(training.person_id),
        "trail": [
            (
                _("Training held elsewhere"),
                reverse("recognitions_mine" if is_own else "recognitions"),
            ),
            (training.title, ""),
        ],
    }
    return render(request, "courses/recognition.html", context)


def acts_of(training: ExternalTraining, scope: Scope) -> frozenset[str]:
    """Return what the asker may do: ``check``, ``approve``, ``decline``, ``take_back``."""
    if not training.is_open:
        return frozenset()
    is_own = training.person_id == scope.person_id
    found = set()
    if is_own or training.handed_in_by_id == scope.user_id:
        found.add("take_back")
    is_unchecked = training.recognition_status == RecognitionStatus.SUBMITTED
    if not is_own and is_unchecked and scope.has_role(*FOCAL_ROLES):
        found.add("check")
    if not is_own and scope.has_role(Role.PROVINCE_MANAGER):
        found |= {"approve", "decline"}
    return frozenset(found)


def act_on(
    request: HttpRequest, training: ExternalTraining, act: str, forms: dict[str, Any]
) -> HttpResponse | None:
    """Do what the button says and return where to go; ``None`` shows the page again."""
    form = forms.get(act)
    if form is not None and not form.is_valid():
        return None
    write = {"actor": request.user, "at": timezone.now()}
    try:
        if act == "check":
            check(training, **form.cleaned_data, **write)
            messages.success(request, _("Your check is sent to the department."))
        elif act == "approve":
            approve(training, **form.cleaned_data, **write)
            messages.success(request, _("The training is recognised; the person is told."))
        elif act == "decline":
            decline(training, **form.cleaned_data, **write)
            messages.success(request, _("The paper is declined; the person is told why."))
        elif act == "take_back":
            take_back(training, **write)
            messages.success(request, _("The paper is taken back and its file erased."))
    except TooFewPeriods as refusal:
        form.add_error(
            "course",
            _("This course needs at least %(needed)s periods; the paper says %(said)s.")
            % {"needed": refusal.needed, "said": training.periods},
        )
        return None
    except AlreadyRecognised:
        form.add_error(
            "course", _("A training of this person with the same last day is recognised already.")
        )
        return None
    except (AlreadyClosed, AlreadyChecked):
        messages.warning(request, _("Somebody was faster: look at how it stands now."))
    return redirect(training)


def needed_periods(training: ExternalTraining) -> int | None:
    """Return the periods that the course it is mapped to asks for, ``None`` without a course."""
    course = training.mapped_course
    return periods_asked(course, rules_on(training.last_day)) if course else None


def twins_of(training: ExternalTraining) -> int:
    """Return how many other people's papers carry the very same file."""
    if not training.evidence_sha256:
        return 0
    same = ExternalTraining.objects.filter(evidence_sha256=training.evidence_sha256)
    return same.exclude(person=training.person_id).values("person").distinct().count()


def paper_or_404(scope: Scope, training_id: int) -> ExternalTraining:
    return get_object_or_404(
        ExternalTraining.objects.visible_to(scope).select_related(
            "person", "course", "stated_course", "handed_in_by__staff", "checked_by__staff"
        ),
        pk=training_id,
    )


# The file ---------------------------------------------------------------------------------------
@login_required
@never_cache
@require_safe
def evidence(request: HttpRequest, training_id: int) -> HttpResponse:
    """Hand out the file to who may see the paper, under a name of ours."""
    training = paper_or_404(scope_of(request.user), training_id)
    try:
        content = read_file(training)
    except EvidenceGone as gone:
        raise Http404 from gone
    except EvidenceAltered:
        context = {"training": training}
        return render(request, "courses/recognition_no_file.html", context, status=409)
    kind = EvidenceKind(training.evidence_kind)
    response = HttpResponse(content, content_type=MEDIA[kind])
    response["Content-Disposition"] = content_disposition_header(
        as_attachment=True, filename=f"giay-tap-huan-{training.pk}.{kind}"
    )
    # A file that a browser takes for a page must not act as one (ASVS V3.2.1).
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: HttpRequest, training_id: int) -> HttpResponse:
    """Erase the file of a paper, with the ground; row, hash and what it proved stay."""
    scope = scope_of(request.user)
    training = paper_or_404(scope, training_id)
    if not scope.has_role(Role.PROVINCE_MANAGER) or training.person_id == scope.person_id:
        raise Http404
    form = EraseForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            erase_evidence(
                training,
                ground=form.cleaned_data["ground"],
                actor=request.user,
                at=timezone.now(),
            )
        except AlreadyClosed:
            messages.warning(request, _("There is no file any more."))
        else:
            messages.success(request, _("The file is erased; its hash stays."))
        return redirect(training)
    context = {
        "training": training,
        "form": form,
        "trail": [
            (_("Training held elsewhere"), reverse("recognitions")),
            (training.title, training.get_absolute_url()),
            (_("Erase the file"), ""),
        ],
    }
    return render(request, "courses/recognition_erase.html", context)
