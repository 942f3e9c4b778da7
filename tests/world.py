"""One small world: two neighbouring communes, another district, a course, and an account per role.

The role matrix, the sweeps and the browser stories share it. What one commune has, its neighbour
has too, so that "cannot see" always has a row that could leak. Times count back from now, because
the pages under test ask the clock.
"""

from __future__ import annotations

import io
import uuid
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.images import ImageFile
from django.test import Client
from django.utils import timezone
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.plugins.otp_totp.models import TOTPDevice
from openpyxl import Workbook
from PIL import Image as Picture
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.models import Page
from wagtailmedia.models import get_media_model

from certificates.documents import make_document
from certificates.issuing import issue_certificate
from certificates.models import Certificate
from content.blocks.streams import LessonBlock
from content.models import (
    CoursePage,
    LegalReference,
    LessonPage,
    ModulePage,
    Question,
    QuestionOption,
    QuizPage,
)
from content.publishing import course_versions_at_the_end
from courses.attendance import record_attendance
from courses.classes import add_session, add_to_roster, create_class
from courses.completion import settle
from courses.enrolment import enrol
from courses.models import (
    Attempt,
    ClassSession,
    Completion,
    CompletionList,
    Enrolment,
    ExternalTraining,
    TrainingClass,
)
from courses.progress import answer_decisions, mark_lesson_done
from courses.quizzes.attempts import save_answers, start_attempt, submit_attempt
from courses.recognition.evidence import read_evidence
from courses.recognition.papers import Claim
from courses.recognition.papers import hand_in as hand_in_paper
from courses.recognition.past import lists as past_lists
from courses.recognition.past.reading import COLUMNS
from lms.people.announcements import Words, announce
from lms.people.batches import gather
from lms.people.corrections import ask_correction
from lms.people.days import local_day
from lms.people.models import (
    Announcement,
    Audience,
    Batch,
    CorrectionRequest,
    PositionGroup,
    Reorganisation,
    StaffImport,
    Unit,
    UnitVersion,
    User,
)
from lms.people.models.accounts import Role
from lms.people.reorganising import draft, read_data
from lms.people.roles import sync_groups
from lms.people.staff import record_leave
from lms.people.workbooks.imports import hand_in, read
from lms.target.baselines import Entry, Source, enter
from lms.target.goals import Draft, Milestone, set_up
from lms.target.models import BaselineFigure, ReportingPeriod, ReportSnapshot, TargetTerms
from lms.target.reports.freezing import correct, freeze
from lms.target.standing.refreshing import rebuild
from tests.factories import (
    make_course,
    make_course_index,
    make_group,
    make_home,
    make_person,
    make_posting,
    make_requirement,
    make_role,
    make_rules,
    make_unit,
    make_user,
)
from tests.people.workbook_files import book_of, row_of

PASSWORD = "mat-khau-thu-1"
BACKEND = "lms.people.backends.StaffBackend"
TOTP_KEY = b"12345678901234567890".hex()  # RFC 6238, appendix B
ANONYMOUS = "anonymous"
RIGHT_CHOICES = {"d1": "a"}  # of the scenario


@dataclass
class Side:
    """What a commune has; the neighbour has the same."""

    unit: Unit
    learner: User
    graduate: User
    focal: User
    enrolment: Enrolment = None
    running: Attempt = None  # the learner's open attempt at the post-test
    finished: Attempt = None  # the graduate's passed one
    training_class: TrainingClass = None
    session: ClassSession = None
    completion: Completion = None
    certificate: Certificate = None
    correction: CorrectionRequest = None
    paper: ExternalTraining = None  # the learner's, waiting for the unit's check
    report: ReportSnapshot = None  # frozen for the commune and corrected once
    staff_import: StaffImport = None  # by the focal: one row of each kind, not applied
    target: TargetTerms = None  # of this commune alone, by the manager


@dataclass
class World:
    """Everything by name; :attr:`users` by role, for the actors of the matrix."""

    at: datetime
    province: Unit
    department: Unit
    district: Unit
    other_district: Unit
    group: PositionGroup
    course: CoursePage
    locked_course: CoursePage
    module: ModulePage
    lessons: list[LessonPage]
    scenario: LessonPage
    pre_test: QuizPage
    post_test: QuizPage
    question: Question
    law: LegalReference
    image: Any
    document: Any
    media: Any
    own: Side = None
    other: Side = None
    users: dict[str, User] = field(default_factory=dict)
    student: User = None  # has done nothing yet and stands on the list of the class
    period: ReportingPeriod = None
    newcomer: User = None  # has an account and has not opened it
    homeless: User = None  # of the other district
    reorganisation: Reorganisation = None  # a draft, by the manager
    past_list: CompletionList = None  # by the manager, not applied: one good row, one refused
    baseline: BaselineFigure = None  # of the district, reported two years ago
    announcement: Announcement = None  # to everybody, over today
    batch: Batch = None  # a leave that the focal person entered as an act upon many


def make_world(*, at: datetime | None = None) -> World:
    """Write the world; takes a second or two."""
    at = at or timezone.now()
    make_rules()
    units = _make_units()
    group = make_group(code="xa_ldtbxh", name="UBND xã: văn hóa - xã hội")
    world = World(at=at, group=group, **units["all"], **_make_content(at))
    make_requirement(group, world.course)
    make_requirement(group, world.locked_course)
    _make_staff(world, units["department"])
    world.own = _make_side(world, units["commune"], "Duy Phước")
    world.other = _make_side(world, units["neighbour"], "Duy Vinh")
    world.student = make_learner(world, "Phạm Thị Út", unit=units["commune"])
    world.homeless = make_learner(world, "Hồ Văn Xa", unit=units["far"])
    world.newcomer = make_learner(world, "A Lăng Thị Mới", unit=units["commune"], is_new=True)
    add_to_roster(
        world.own.training_class, world.student.staff, actor=world.users["instructor"], at=at
    )
    with gather("leave", actor=world.own.focal, at=at, people=1) as world.batch:
        record_leave(
            world.student.staff,
            first_day=local_day(at) + timedelta(days=20),
            last_day=local_day(at) + timedelta(days=21),
            actor=world.own.focal,
            at=at,
        )
    world.announcement = announce(
        Words(
            title="Lịch lớp trực tiếp quý này",
            text="Các lớp mở vào thứ Năm.\nĐơn vị đăng ký qua đầu mối.",
            audience=Audience.EVERYBODY,
            unit=None,
            valid_from=local_day(at),
            valid_to=local_day(at) + timedelta(days=30),
            rank=1,
        ),
        logical_id=uuid.uuid4(),
        actor=world.users["province_manager"],
        at=at,
    )
    (world.baseline,) = enter(
        [Entry(world.district, 40, 31)],
        Source(
            day=local_day(at) - timedelta(days=730),
            plan="",
            document_number="12/BC-UBND",
            document_on=local_day(at) - timedelta(days=720),
        ),
        actor=world.users["province_manager"],
        at=at,
    )
    # As on a site in use: figures come from the derived table, and every write keeps it.
    rebuild(at=at)
    _freeze_reports(world)
    _set_up_targets(world)
    for side in (world.own, world.other):
        _hand_in_staff(world, side)
    world.reorganisation = draft(
        read_data(
            {
                "title": "Đổi tên xã A Vương",
                "decision_number": "12/NQ-HĐND",
                "effective_on": f"{timezone.localdate(at) + timedelta(days=30)}",
                "events": [{"kind": "rename", "unit": "20455", "name": "A Vương Mới"}],
            }
        ),
        actor=world.users["province_manager"],
        at=at,
    )
    world.past_list = past_lists.hand_in(
        past_workbook(world), actor=world.users["province_manager"], at=at
    )
    world.users |= {
        "learner": world.own.learner,
        "stranger": world.other.learner,
        "unit_focal": world.own.focal,
        "neighbour_focal": world.other.focal,
    }
    return world


# People ---------------------------------------------------------------------------------------
def make_learner(
    world: World, name: str, *, unit: Unit, is_new: bool = False, **fields: Any
) -> User:
    """A person with duty in ``unit`` since 2024, with an account (one not yet opened if new)."""
    person = make_person(full_name=name, **fields)
    make_posting(person, unit=unit, group=world.group, position_title="Công chức VH-XH")
    if not is_new:
        return make_user(person, password=PASSWORD)
    user = make_user(person, informed_at=None, must_change_password=True)
    user.set_unusable_password()
    user.save(update_fields=["password"])
    return user


def give_device(user: User) -> User:
    """Give the account a confirmed authenticator app with a known secret."""
    TOTPDevice.objects.create(user=user, name="app", key=TOTP_KEY, confirmed=True)
    return user


def make_official(
    world: World, name: str, role: str, *, unit: Unit, posted_to: Unit | None = None
) -> User:
    """A person with a role over ``unit`` and a second factor; posted only where told."""
    person = make_person(full_name=name)
    if posted_to is not None:
        make_posting(person, unit=posted_to, group=world.group, victim_support=False)
    user = give_device(make_user(person, password=PASSWORD))
    make_role(user, role, unit=unit)
    sync_groups(user, world.at)
    return user


def sign_in(client: Client, user: User, *, verified: bool = True) -> Client:
    """Open a session for ``user``, past the second factor if the account has one."""
    client.force_login(user, backend=BACKEND)
    device = TOTPDevice.objects.filter(user=user, confirmed=True).first()
    if verified and device is not None:
        session = client.session
        session[DEVICE_ID_SESSION_KEY] = device.persistent_id
        session.save()
    return client


def _make_units() -> dict[str, Any]:
    province = make_unit(code="49", name="Quảng Nam", kind="Tỉnh", level="province")
    department = make_unit(
        code="SO-LDTBXH",
        name="Sở Lao động - Thương binh và Xã hội",
        kind="",
        level="agency",
        parent=province,
        own_key="so-ldtbxh",
    )
    make_unit(
        code="CHUA-XEP",
        name="Chưa xếp đơn vị",
        kind="",
        level="agency",
        parent=province,
        own_key="chua-xep-don-vi",
    )
    district = make_unit(
        code="508", name="Duy Xuyên", kind="Huyện", level="district", parent=province
    )
    other = make_unit(code="504", name="Tây Giang", kind="Huyện", level="district", parent=province)
    return {
        "all": {
            "province": province,
            "department": department,
            "district": district,
            "other_district": other,
        },
        "department": department,
        "commune": make_unit(code="20626", name="Duy Phước", parent=district),
        "neighbour": make_unit(code="20632", name="Duy Vinh", parent=district),
        "far": make_unit(code="20455", name="A Vương", parent=other),
    }


def _make_staff(world: World, department: Unit) -> None:
    for name, role, unit in (
        ("Nguyễn Thị Huyện", Role.DISTRICT_FOCAL, world.district),
        ("Trần Văn Quản", Role.PROVINCE_MANAGER, world.province),
        ("Lê Văn Lãnh", Role.PROVINCE_LEADER, world.province),
        ("Võ Thị Biên", Role.CONTENT_EDITOR, world.province),
        ("Đặng Văn Pháp", Role.LEGAL_REVIEWER, world.province),
        ("Bùi Thị Giảng", Role.INSTRUCTOR, world.province),
        ("Phan Văn Trị", Role.SYSADMIN, world.province),
        ("Huỳnh Thị Bảo", Role.PRIVACY_OFFICER, world.province),
    ):
        world.users[role.value] = make_official(world, name, role, unit=unit, posted_to=department)
    # "Trainer" = instructor + content editor (docs/decisions.md 13).
    trainer = make_official(
        world, "Ngô Thị Tập", Role.INSTRUCTOR, unit=world.province, posted_to=department
    )
    make_role(trainer, Role.CONTENT_EDITOR, unit=world.province)
    sync_groups(trainer, world.at)
    world.users["trainer"] = trainer


def _make_side(world: World, unit: Unit, place: str) -> Side:
    """One commune: a learner in the middle, a graduate with a certificate, a focal, a class."""
    side = Side(
        unit=unit,
        learner=make_learner(world, f"Trần Thị Học {place}", unit=unit),
        graduate=make_learner(world, f"Lê Thị Xong {place}", unit=unit),
        focal=make_official(
            world, f"Phạm Văn Mối {place}", Role.UNIT_FOCAL, unit=unit, posted_to=unit
        ),
    )
    _hold_class(world, side, place)
    side.enrolment = enrol(side.learner.staff, world.course, actor=side.learner, at=world.at)
    learn(world, side.learner, side.enrolment, at=world.at)
    side.running = start_attempt(side.enrolment, world.post_test, actor=side.learner, at=world.at)
    _graduate(world, side)
    side.correction = ask_correction(
        side.learner.staff,
        subject="name",
        text="Tên tôi viết là Họa.",
        actor=side.learner,
        at=world.at,
    )
    side.paper = hand_in_paper(
        side.learner.staff,
        Claim(
            title="Tập huấn kỹ năng tư vấn",
            organiser="Hội LHPN tỉnh",
            first_day=date(2024, 3, 4),
            last_day=date(2024, 3, 5),
            periods=16,
            document_number="15/GCN",
            stated_course=world.locked_course,
        ),
        read_evidence(picture(f"Giấy {place}")),
        actor=side.learner,
        at=world.at,
    )
    return side


def _set_up_targets(world: World) -> None:
    """One for the whole province and one for each commune."""
    day = local_day(world.at)
    said = {
        "owner": world.department,
        "first_day": date(day.year, 1, 1),
        "last_day": date(day.year, 12, 31),
        "milestones": (Milestone(day, 50),),
    }
    for side, name in ((world.own, "Duy Phước"), (world.other, "Duy Vinh")):
        draft = Draft(name=f"Chỉ tiêu {name}", unit=side.unit, **said)
        target = set_up(draft, actor=world.users["province_manager"], at=world.at)
        side.target = TargetTerms.objects.current().get(target=target)
    draft = Draft(name="Chỉ tiêu của tỉnh", unit=world.province, **said)
    set_up(draft, actor=world.users["province_manager"], at=world.at)


def past_workbook(world: World) -> io.BytesIO:
    """A workbook of past training with a good row and one about nobody."""
    book = Workbook()
    page = book.active
    page.append([column.title for column in COLUMNS])
    days = (date(2023, 5, 10), date(2023, 5, 12))
    for code in (world.own.graduate.staff.staff_code, "KHONG-CO"):
        name = world.own.graduate.staff.full_name
        page.append([code, name, world.course.title, None, "Bộ", *days, 24, "32/QĐ"])
    written = io.BytesIO()
    book.save(written)
    return written


def picture(text: str = "Giấy", form: str = "PNG", **options: Any) -> bytes:
    """A small picture of a paper, different for each text."""
    drawn = Picture.new("RGB", (60, 40), "white")
    drawn.putpixel((0, 0), tuple(text.encode()[-3:]))
    written = io.BytesIO()
    drawn.save(written, form, **options)
    return written.getvalue()


def _hold_class(world: World, side: Side, place: str) -> None:
    """A class that met yesterday and meets again; learner and graduate are on its list."""
    trainer, instructor = world.users["trainer"], world.users["instructor"]
    run_by = [trainer, instructor] if side.unit.pk == world_commune(world) else [trainer]
    opened = world.at - timedelta(days=10)
    side.training_class = create_class(
        world.course,
        unit=side.unit,
        title=f"Lớp tại {place}",
        place="Hội trường UBND xã",
        instructors=run_by,
        actor=world.users["province_manager"],
        at=opened,
    )
    starts = world.at - timedelta(days=1)
    side.session = add_session(
        side.training_class,
        title="Buổi sáng",
        starts_at=starts,
        ends_at=starts + timedelta(hours=3),
        periods=[1, 2, 3],
        actor=trainer,
        at=opened,
    )
    later = world.at + timedelta(days=7)
    add_session(
        side.training_class,
        title="Buổi bù",
        starts_at=later,
        ends_at=later + timedelta(hours=3),
        periods=[1, 2, 3],
        actor=trainer,
        at=opened,
    )
    for user in (side.learner, side.graduate):
        add_to_roster(side.training_class, user.staff, actor=trainer, at=opened)


def world_commune(world: World) -> int:
    """Key of the first commune, whose classes the instructor runs beside the trainer."""
    return Unit.objects.get(versions__code="20626").pk


def learn(world: World, user: User, enrolment: Enrolment, *, at: datetime) -> None:
    """Do the online part: every lesson and every decision."""
    for lesson in world.lessons:
        mark_lesson_done(enrolment, lesson, version=lesson.latest_version, actor=user, at=at)
    answer_decisions(
        enrolment,
        world.scenario,
        RIGHT_CHOICES,
        version=world.scenario.latest_version,
        actor=user,
        at=at,
    )


def right_answers(attempt: Attempt) -> dict[int, Any]:
    """Return the right answer of each place of the paper."""
    places = attempt.questions.select_related("question_version")
    return {place.position: right_answer(place.question_version.body) for place in places}


def right_answer(body: dict[str, Any]) -> Any:
    return body["answer"][0] if body["type"] == "SA" else body["answer"]


def pass_quiz(attempt: Attempt, *, actor: User, at: datetime) -> Attempt:
    saved = save_answers(
        attempt, right_answers(attempt), revision=attempt.revision, actor=actor, at=at
    )
    return submit_attempt(saved, actor=actor, at=at)


def _graduate(world: World, side: Side) -> None:
    """Let the graduate complete the course yesterday and hold her certificate."""
    user, at = side.graduate, world.at - timedelta(hours=12)
    enrolment = enrol(user.staff, world.course, actor=user, at=at)
    learn(world, user, enrolment, at=at)
    attempt = start_attempt(enrolment, world.post_test, actor=user, at=at)
    side.finished = pass_quiz(attempt, actor=user, at=at)
    record_attendance(
        side.session, {user.staff_id: "present"}, marked_by=world.users["trainer"], at=at
    )
    side.completion = settle(enrolment, actor=user, at=at) or Completion.objects.get(
        enrolment=enrolment
    )
    side.certificate = issue_certificate(side.completion, actor=None, at=at)
    make_document(side.certificate.pk)
    side.certificate.refresh_from_db()


def _freeze_reports(world: World) -> None:
    """Freeze last month for both communes, and again after one more person was entered."""
    manager, day = world.users["province_manager"], local_day(world.at) - timedelta(days=1)
    period = world.period = ReportingPeriod.objects.create(
        name="Tháng trước", first_day=day - timedelta(days=30), last_day=day
    )
    for side in (world.own, world.other):
        unit = UnitVersion.objects.current().get(unit=side.unit)
        at = world.at - timedelta(minutes=2)
        first = freeze(period, unit=unit, day=day, actor=manager, at=at)
        make_posting(
            make_person(full_name="Đinh Thị Muộn"), unit=side.unit, group=world.group, at=world.at
        )
        side.report = correct(first, reason="Nhập bổ sung", actor=manager, at=world.at)


def _hand_in_staff(world: World, side: Side) -> None:
    """Let the focal hand in a list: somebody new, changed, unchanged, refused, likely known."""
    code = UnitVersion.objects.current().get(unit=side.unit).code
    learner, graduate = side.learner.staff, side.graduate.staff
    day = date(2024, 1, 1)
    rows = [
        {"full_name": "Coor Thị Mới", "valid_from": day},
        {"staff_code": learner.staff_code, "full_name": learner.full_name, "valid_from": day}
        | {"position_title": "Phó Chủ tịch"},
        {"staff_code": graduate.staff_code, "full_name": graduate.full_name, "valid_from": day},
        {"full_name": "Lê Thị Lỗi", "valid_from": "13/13/2024"},
        {"full_name": learner.full_name, "valid_from": date(2025, 5, 5)},
    ]
    file = book_of(*(row_of(unit=code, group=world.group.code, **row) for row in rows))
    kept = hand_in(file, name="ds.xlsx", actor=side.focal, at=world.at, by_worker=False)
    read(kept.pk, str(kept.run))
    kept.refresh_from_db()
    side.staff_import = kept


# Content --------------------------------------------------------------------------------------
def publish(page: Page, *, at: datetime) -> Page:
    """Publish as the editor does, so that versions are written."""
    page.save_revision().publish()
    page.refresh_from_db()
    return page


def add(parent: Page, page: Page, *, at: datetime) -> Page:
    parent.refresh_from_db()
    return publish(parent.add_child(instance=page), at=at)


def _make_content(at: datetime) -> dict[str, Any]:
    files = _make_files()
    law = LegalReference.objects.create(
        key="luat-53-2024",
        short_name="Luật 53/2024/QH15",
        number="53/2024/QH15",
        title="Luật Phòng, chống mua bán người",
        issued_on=date(2024, 11, 28),
        in_force_from=date(2025, 7, 1),
        status="in_force",
        is_verified=True,
    )
    with course_versions_at_the_end(at=at, actor=None):
        home = make_home()
        home.lead = "Học để tiếp nhận và hỗ trợ nạn nhân an toàn."
        home.body = [("text", {"title": "Ai cần học", "text": "<p>Cán bộ từ tỉnh đến xã.</p>"})]
        publish(home, at=at)
        index = make_course_index()
        course = make_course(
            key="nhan-dien",
            title="Nhận diện và tiếp nhận nạn nhân",
            short_title="Nhận diện",
            summary="Khóa nền.",
            aims=[("aim", "Nhận ra dấu hiệu mà không gán nhãn")],
            edition="second",
            class_plan=[("step", {"minutes": 135, "text": "Thực hành tiếp xúc", "period": 1})],
        )
        publish(course, at=at)
        module = add(course, ModulePage(title="Hiểu đúng", slug="hieu-dung", key="1.1"), at=at)
        lessons = [
            add(
                module,
                LessonPage(
                    title=title,
                    slug=slug,
                    key=key,
                    body=body,
                    edition="second",
                    summary="Đọc trong mười phút.",
                ),
                at=at,
            )
            for title, slug, key, body in (
                ("Mua bán người là gì", "mua-ban-nguoi-la-gi", "1.1.1", _every_block(files, law)),
                ("Ba yếu tố", "ba-yeu-to", "1.1.2", _short_body()),
            )
        ]
        scenario = add(
            module,
            LessonPage(
                title="Tình huống: chị H. trở về",
                slug="tinh-huong",
                key="1.s",
                kind="scenario",
                body=[("case_scenario", _preview("case_scenario"))],
            ),
            at=at,
        )
        questions = _make_questions(course, module)
        pre = add(
            course,
            QuizPage(
                title="Kiểm tra đầu khóa",
                slug="dau-khoa",
                key="1.pre",
                quiz_kind="pre",
                question_count=2,
                fixed_questions=questions[:2],
            ),
            at=at,
        )
        post = add(
            course,
            QuizPage(
                title="Kiểm tra cuối khóa",
                slug="cuoi-khoa",
                key="1.post",
                quiz_kind="post",
                question_count=len(questions),
                fixed_questions=questions,
            ),
            at=at,
        )
        locked = make_course(
            key="tam-ly", title="Hỗ trợ tâm lý ban đầu", summary="Mở sau khóa 1.", gates=[course]
        )
        publish(locked, at=at)
        chapter = add(locked, ModulePage(title="Lắng nghe", slug="lang-nghe", key="2.1"), at=at)
        add(
            chapter,
            LessonPage(title="Nghe trước", slug="nghe-truoc", key="2.1.1", body=_short_body()),
            at=at,
        )
    index.refresh_from_db()
    return {
        "course": course,
        "locked_course": locked,
        "module": module,
        "lessons": lessons,
        "scenario": scenario,
        "pre_test": pre,
        "post_test": post,
        "question": questions[0],
        "law": law,
        **files,
    }


def _preview(name: str) -> Any:
    return LessonBlock().child_blocks[name].get_preview_value()


def _every_block(files: dict[str, Any], law: LegalReference) -> list[tuple[str, Any]]:
    """One of each block that a lesson may hold, as its preview shows it."""
    body = []
    for name, block in LessonBlock().child_blocks.items():
        if name == "case_scenario":  # has a page of its own
            continue
        value = block.get_preview_value()
        if name == "image":
            value["image"] = files["image"]
        elif name == "document":
            value["document"] = files["document"]
        elif name == "video":
            value["video"], value["link"] = files["media"], ""
        elif name == "legal_citation":
            value["reference"] = law
        body.append((name, value))
    return body


def _short_body() -> list[tuple[str, Any]]:
    return [
        ("heading", "Ba yếu tố của mua bán người"),
        ("paragraph", {"text": "<p>Hành vi, thủ đoạn và mục đích.</p>", "needs_review": False}),
    ]


def _make_files() -> dict[str, Any]:
    picture = io.BytesIO()
    Picture.new("RGB", (640, 360), "#0b4763").save(picture, "PNG")
    return {
        "image": get_image_model().objects.create(
            title="Sơ đồ phòng gặp", file=ImageFile(io.BytesIO(picture.getvalue()), "phong.png")
        ),
        "document": get_document_model().objects.create(
            title="Phiếu quan sát", file=ContentFile(b"%PDF-1.4 phieu", "phieu.pdf")
        ),
        "media": get_media_model().objects.create(
            title="Mở đầu",
            type="video",
            duration=12,
            file=ContentFile(b"\x00" * 4096, "mo-dau.mp4"),
        ),
    }


def _make_questions(course: CoursePage, module: ModulePage) -> list[Question]:
    """One published question of each type; every answer is given by :func:`right_answer`."""
    rows = (
        ("SC", "Việc đầu tiên khi gặp nạn nhân là gì?", ("*Hỏi chị cần gì", "Gọi gia đình")),
        ("MC", "Đâu là dấu hiệu cần để ý?", ("*Bị giữ giấy tờ", "*Sợ người đi cùng", "Nói nhiều")),
        ("TF", "Nạn nhân có quyền từ chối hỗ trợ.", ()),
        ("ORD", "Sắp xếp các bước tiếp nhận.", ("Bảo đảm an toàn", "Hỏi nhu cầu", "Báo đúng nơi")),
        ("MAT", "Nối số điện thoại với nơi nhận.", ("111=Quốc gia", "113=Công an")),
        ("SA", "Tổng đài quốc gia có số nào?", ("111",)),
    )
    questions = []
    for number, (kind, stem, options) in enumerate(rows, 1):
        question = Question(
            key=f"ND-{number:02}",
            course=course,
            module=module,
            type=kind,
            stem=stem,
            is_true=True if kind == "TF" else None,
            explanation="Xem bài Mua bán người là gì.",
            review_status="reviewed",
            live=False,
        )
        question.options = [
            QuestionOption(
                key="ABCDEF"[place],
                sort_order=place,
                text=text.lstrip("*").partition("=")[0],
                match_text=text.partition("=")[2],
                is_correct=text.startswith("*"),
            )
            for place, text in enumerate(options)
        ]
        question.save()
        question.save_revision().publish()
        question.refresh_from_db()
        questions.append(question)
    return questions
