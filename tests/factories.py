"""Plain ``make_*`` functions: the smallest valid row, no randomness, one counter for names."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from typing import Any

from wagtail.models import Locale, Page, Site

from content.models import (
    CourseIndexPage,
    CoursePage,
    CourseVersion,
    HomePage,
    LessonPage,
    LessonVersion,
    ModulePage,
    Question,
    QuestionVersion,
    QuizPage,
)
from courses.models import (
    ClassInstructor,
    ClassRosterEntry,
    ClassSession,
    Completion,
    Enrolment,
    TrainingClass,
)
from lms.people.days import BEFORE, FAR, local_day
from lms.people.facts import record
from lms.people.models import (
    GroupTier,
    Leave,
    PositionGroup,
    Posting,
    RoleAssignment,
    RuleSet,
    StaffMember,
    Unit,
    User,
)
from lms.people.text import fold, person_sort_key
from lms.people.units import NewUnit, open_unit, rebuild_paths
from lms.target.goals import Draft, load
from lms.target.models import Requirement, RosterEntry, TargetTerms

_count = itertools.count(1)
# Early enough for every test that counts in 2024 and later.
AT = datetime(2023, 1, 1, 2, 0, tzinfo=UTC)


def make_unit(
    *,
    name: str = "",
    code: str = "",
    kind: str = "Xã",
    level: str = "commune",
    parent: Unit | None = None,
    valid_from: date = BEFORE,
    own_key: str = "",
    at: datetime = AT,
) -> Unit:
    """A unit known always, with its paths built."""
    n = next(_count)
    unit = open_unit(
        NewUnit(
            code=code or f"9{n:04}",
            name=name or f"Đơn vị {n}",
            kind=kind,
            level=level,
            parent=parent,
            own_key=own_key,
        ),
        valid_from=valid_from,
        actor=None,
        at=at,
        loaded=True,
    )
    rebuild_paths()
    return unit


def make_group(
    *, code: str = "", tier: str = "C", name: str = "", at: datetime = AT
) -> PositionGroup:
    """A position group with its tier from the start."""
    n = next(_count)
    bit = PositionGroup.objects.count()
    group = PositionGroup.objects.create(
        code=code or f"nhom-{n}", name=name or f"Nhóm {n}", bit=bit
    )
    record(GroupTier, actor=None, at=at, loaded=True, group=group, tier=tier)
    return group


def make_rules(**fields: Any) -> RuleSet:
    """The standing rule set, made once; fields override its defaults."""
    standing = RuleSet.objects.current().first()
    if standing is not None and not fields:
        return standing
    if standing is not None:
        standing.delete()
    return record(RuleSet, actor=None, at=AT, loaded=True, **fields)


def make_person(
    *, full_name: str = "", staff_code: str = "", at: datetime = AT, **fields: Any
) -> StaffMember:
    n = next(_count)
    name = full_name or f"Nguyễn Văn Mẫu {n}"
    return StaffMember.objects.create(
        full_name=name,
        staff_code=staff_code or f"CB{n:06}",
        folded_name=fold(name),
        sort_name=person_sort_key(name),
        created_at=at,
        **fields,
    )


def make_posting(
    person: StaffMember | None = None,
    *,
    unit: Unit | None = None,
    group: PositionGroup | None = None,
    valid_from: date = date(2024, 1, 1),
    valid_to: date = FAR,
    at: datetime = AT,
    **fields: Any,
) -> Posting:
    fields.setdefault("duty_began_on", valid_from)
    return record(
        Posting,
        actor=None,
        at=at,
        person=person or make_person(),
        unit=unit or make_unit(),
        group=group or make_group(),
        valid_from=valid_from,
        valid_to=valid_to,
        **fields,
    )


def make_leave(
    person: StaffMember, *, valid_from: date, valid_to: date = FAR, at: datetime = AT
) -> Leave:
    return record(Leave, actor=None, at=at, person=person, valid_from=valid_from, valid_to=valid_to)


def make_user(
    person: StaffMember | None = None,
    *,
    username: str = "",
    password: str = "mat-khau-thu-1",  # noqa: S107 (invented people)
    **fields: Any,
) -> User:
    """An account that has been told what the portal records and has its own password."""
    n = next(_count)
    fields.setdefault("informed_at", AT)
    # Not create_user: it makes an empty text of an absent address.
    user = User(
        username=username or (person.staff_code.lower() if person else f"nguoi-{n}"),
        staff=person,
        **fields,
    )
    user.set_password(password)
    user.save(force_insert=True)
    return user


def make_role(
    user: User,
    role: str,
    *,
    unit: Unit,
    valid_from: date = BEFORE,
    valid_to: date = FAR,
    at: datetime = AT,
) -> RoleAssignment:
    return record(
        RoleAssignment,
        actor=None,
        at=at,
        user=user,
        role=role,
        unit=unit,
        valid_from=valid_from,
        valid_to=valid_to,
    )


def make_home() -> HomePage:
    """The home page of the default site, made once."""
    home = HomePage.objects.first()
    if home is None:
        root = Page.get_first_root_node()
        if root is None:  # a test with real transactions flushed what the migrations made
            Locale.objects.get_or_create(language_code="vi")
            root = Page.add_root(instance=Page(title="Root", slug="root"))
        for page in Page.objects.filter(depth=2):
            page.delete()
        root = Page.objects.get(pk=root.pk)
        home = root.add_child(instance=HomePage(title="Trang chủ", slug="home"))
        Site.objects.update_or_create(
            is_default_site=True, defaults={"hostname": "localhost", "root_page": home}
        )
        Site.clear_site_root_paths_cache()
    return home


def make_course_index() -> CourseIndexPage:
    index = CourseIndexPage.objects.first()
    if index is None:
        index = make_home().add_child(instance=CourseIndexPage(title="Khóa học", slug="khoa-hoc"))
    return index


def make_course(*, key: str = "", title: str = "", **fields: Any) -> CoursePage:
    n = next(_count)
    key = key or f"khoa-{n}"
    bit = CoursePage.objects.count()
    fields.setdefault("number", bit + 1)
    fields.setdefault("short_title", title or f"Khóa {n}")
    fields.setdefault("class_periods", 3)
    return make_course_index().add_child(
        instance=CoursePage(title=title or f"Khóa {n}", slug=key, key=key, bit=bit, **fields)
    )


def make_module(course: CoursePage, *, key: str = "", title: str = "") -> ModulePage:
    n = next(_count)
    course.refresh_from_db()
    return course.add_child(
        instance=ModulePage(
            title=title or f"Học phần {n}", slug=f"hoc-phan-{n}", key=key or f"m{n}"
        )
    )


def make_lesson(
    module: ModulePage,
    *,
    key: str = "",
    title: str = "",
    body: Any = None,
    version: bool = True,
    **fields: Any,
) -> LessonPage:
    """A published lesson with its first version."""
    n = next(_count)
    module.refresh_from_db()
    lesson = module.add_child(
        instance=LessonPage(
            title=title or f"Bài {n}",
            slug=f"bai-{n}",
            key=key or f"l{n}",
            body=body or [],
            **fields,
        )
    )
    if version and lesson.latest_version_id is None:
        lesson.latest_version = LessonVersion.objects.create(
            page=lesson,
            number=1,
            title=lesson.title,
            body={"blocks": []},
            sha256="0" * 64,
            published_at=AT,
        )
        LessonPage.objects.filter(pk=lesson.pk).update(latest_version=lesson.latest_version)
    return lesson


def make_quiz(course: CoursePage, *, quiz_kind: str = "post", **fields: Any) -> QuizPage:
    n = next(_count)
    course.refresh_from_db()
    return course.add_child(
        instance=QuizPage(
            title=f"Bài kiểm tra {n}",
            slug=f"kiem-tra-{n}",
            key=f"q{n}",
            quiz_kind=quiz_kind,
            **fields,
        )
    )


def make_question(
    module: ModulePage, *, type: str = "SC", key: str = "", body: dict | None = None, **fields: Any
) -> Question:
    """A question with one published version; SC with the answer "A" unless told otherwise."""
    n = next(_count)
    course = CoursePage.objects.get(pk=module.get_parent().pk)
    answers: dict[str, Any] = {
        "SC": "A",
        "MC": ["A", "B"],
        "TF": True,
        "ORD": ["1", "2", "3"],
        "MAT": {"1": "1", "2": "2"},
        "SA": ["ba", "3"],
    }
    if type == "TF":
        fields.setdefault("is_true", True)
    fields.setdefault("review_status", "reviewed")
    key = key or f"Q-{n}"
    question = Question.objects.create(
        key=key,
        course=course,
        module=module,
        type=type,
        stem=f"Câu hỏi {n}?",
        explanation="Vì vậy.",
        **fields,
    )
    shown = {
        "SC": ["A", "B", "C"],
        "MC": ["A", "B", "C"],
        "TF": [],
        "ORD": ["1", "2", "3"],
        "MAT": ["1", "2"],
        "SA": [],
    }[type]
    default = {
        "type": type,
        "stem": question.stem,
        "options": [
            {"key": k, "text": f"Lựa chọn {k}", "match": f"Vế {k}" if type == "MAT" else ""}
            for k in shown
        ],
        "answer": answers[type],
        "explanation": question.explanation,
        "sources": "",
        "references": [],
        "module": module.pk,
        "flags": {
            "safety": question.is_safety,
            "confidentiality": question.is_confidentiality,
            "validity": question.is_validity,
        },
        "in_force_from": None,
        "in_force_to": None,
        "review_status": question.review_status,
    }
    question.latest_version = QuestionVersion.objects.create(
        question=question, number=1, body=body or default, sha256="0" * 64, published_at=AT
    )
    question.save(update_fields=["latest_version"])
    return question


def make_course_version(course: CoursePage, **body: Any) -> CourseVersion:
    """The manifest of a course as it stands; fields of ``body`` override."""
    lessons = [
        {
            "page": lesson.pk,
            "key": lesson.key,
            "module": lesson.get_parent().pk,
            "kind": lesson.kind,
        }
        for lesson in LessonPage.objects.descendant_of(course).order_by("path")
        if lesson.is_required
    ]
    quizzes = {quiz.quiz_kind: quiz.pk for quiz in QuizPage.objects.child_of(course)}
    manifest = {
        "key": course.key,
        "title": course.title,
        "lessons": lessons,
        "quizzes": {"pre": quizzes.get("pre"), "post": quizzes.get("post")},
        "class_periods": course.class_periods,
        "rule": {"pass_mark_percent": None, "attendance_percent": None},
        "gates": [],
        "certificate_mode": course.certificate_mode,
    } | body
    number = course.versions.count() + 1
    return CourseVersion.objects.create(
        course=course, number=number, body=manifest, sha256="0" * 64, published_at=AT
    )


def make_enrolment(
    person: StaffMember, course: CoursePage, *, at: datetime = AT, round: int = 1, **fields: Any
) -> Enrolment:
    version = course.versions.order_by("-number").first() or make_course_version(course)
    return Enrolment.objects.create(
        person=person,
        course=course,
        course_version=version,
        round=round,
        opened_at=at,
        opened_on=local_day(at),
        **fields,
    )


def make_completion(
    person: StaffMember,
    course: CoursePage,
    *,
    valid_from: date,
    valid_to: date = FAR,
    at: datetime | None = None,
    unit: Unit | None = None,
    **fields: Any,
) -> Completion:
    """A recognised completion (no round needed), recorded on its day unless told otherwise."""
    moment = at or datetime(valid_from.year, valid_from.month, valid_from.day, 3, 0, tzinfo=UTC)
    fields.setdefault("source", "external")
    return record(
        Completion,
        actor=None,
        at=moment,
        person=person,
        course=course,
        valid_from=valid_from,
        valid_to=valid_to,
        unit=unit,
        **fields,
    )


def make_requirement(
    group: PositionGroup,
    course: CoursePage,
    *,
    valid_from: date = BEFORE,
    valid_to: date = FAR,
    at: datetime = AT,
    **fields: Any,
) -> Requirement:
    return record(
        Requirement,
        actor=None,
        at=at,
        loaded=True,
        group=group,
        course=course,
        valid_from=valid_from,
        valid_to=valid_to,
        **fields,
    )


def make_target(
    *, unit: Unit, owner: Unit | None = None, at: datetime = AT, **said: Any
) -> TargetTerms:
    """A target of the year 2024 that counts as always known; return its standing terms."""
    said = {
        "name": "100% năm 2024",
        "first_day": date(2024, 1, 1),
        "last_day": date(2024, 12, 31),
    } | said
    target = load(Draft(unit=unit, owner=owner or unit, **said), at=at)
    return TargetTerms.objects.current().get(target=target)


def make_roster_entry(
    person: StaffMember,
    *,
    unit: Unit,
    valid_from: date = date(2024, 1, 1),
    valid_to: date = FAR,
    at: datetime = AT,
) -> RosterEntry:
    return record(
        RosterEntry,
        actor=None,
        at=at,
        person=person,
        unit=unit,
        valid_from=valid_from,
        valid_to=valid_to,
    )


def make_class(
    course: CoursePage,
    *,
    unit: Unit | None = None,
    seats: int = 30,
    title: str = "",
    instructors: tuple[User, ...] = (),
    at: datetime = AT,
) -> TrainingClass:
    n = next(_count)
    training_class = TrainingClass.objects.create(
        course=course,
        unit=unit or make_unit(),
        title=title or f"Lớp {n}",
        place="Hội trường",
        seats=seats,
        created_at=at,
    )
    for user in instructors:
        ClassInstructor.objects.create(training_class=training_class, user=user)
    return training_class


def make_session(
    training_class: TrainingClass,
    *,
    periods: tuple[int, ...] = (1, 2, 3),
    title: str = "",
    starts_at: datetime = datetime(2024, 5, 6, 1, 0, tzinfo=UTC),
) -> ClassSession:
    """A morning of the class plan's periods, 45 minutes each."""
    return ClassSession.objects.create(
        training_class=training_class,
        title=title or "Buổi sáng",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=45 * len(periods)),
        periods=list(periods),
    )


def make_class_entry(
    training_class: TrainingClass,
    person: StaffMember | None = None,
    *,
    enrolment: Enrolment | None = None,
    at: datetime = AT,
) -> ClassRosterEntry:
    person = person or make_person()
    return ClassRosterEntry.objects.create(
        training_class=training_class,
        person=person,
        added_at=at,
        enrolment=enrolment or make_enrolment(person, training_class.course),
    )
