"""Two papers of training held elsewhere: one waits for its unit, one for the department.

Neither is decided, so no figure of the demo rests on them: whoever looks at the demo decides.
"""

from __future__ import annotations

import io
from datetime import date, datetime, timedelta

from django.conf import settings
from PIL import Image, ImageDraw, ImageFont

from content.models import CoursePage
from courses.recognition.evidence import read_evidence
from courses.recognition.papers import Claim, check, hand_in
from lms.demo.cast import FRESH, MIDWAY
from lms.people.models import User

FONT = settings.BASE_DIR / "certificates/fonts/NotoSerif-Regular.ttf"
FOCAL = "DAUMOI1"
WIDTH, HEIGHT = 900, 1270
SKILLS = Claim(
    title="Lớp tập huấn kỹ năng tư vấn cho nạn nhân bị mua bán",
    organiser="Hội Liên hiệp Phụ nữ tỉnh",
    first_day=date(2023, 5, 10),
    last_day=date(2023, 5, 12),
    periods=24,
    document_number="15/GCN-HPN",
)
LAW = Claim(
    title="Lớp bồi dưỡng pháp luật về trợ giúp pháp lý",
    organiser="Trung tâm Trợ giúp pháp lý nhà nước",
    first_day=date(2023, 9, 6),
    last_day=date(2023, 9, 6),
    periods=8,
    document_number="08/QĐ-TGPL",
)


def hand_in_papers(before: datetime) -> None:
    """Let two learners of the cast hand in papers in the days before the history ends."""
    courses = {course.key: course for course in CoursePage.objects.all()}
    users = {user.staff.staff_code: user for user in cast_users()}
    give(users[FRESH], SKILLS, courses["tam-ly"], at=before - timedelta(days=1))
    training = give(users[MIDWAY], LAW, courses["phap-ly"], at=before - timedelta(days=3))
    check(
        training,
        comment="Có tên trong danh sách lớp lưu tại xã.",
        actor=users[FOCAL],
        at=before - timedelta(days=2),
    )


def cast_users():
    codes = (FRESH, MIDWAY, FOCAL)
    return User.objects.filter(staff__staff_code__in=codes).select_related("staff")


def give(user: User, claim: Claim, course: CoursePage, *, at: datetime):
    stated = Claim(**{**vars(claim), "stated_course": course})
    paper = read_evidence(draw(claim, user.staff.full_name))
    return hand_in(user.staff, stated, paper, actor=user, at=at)


def draw(claim: Claim, name: str) -> bytes:
    """Return a picture of an invented paper, as a telephone would take it."""
    paper = Image.new("RGB", (WIDTH, HEIGHT), "#f7f3e8")
    pen = ImageDraw.Draw(paper)
    pen.rectangle((40, 40, WIDTH - 40, HEIGHT - 40), outline="#7a6a45", width=5)
    large, small = ImageFont.truetype(FONT, 46), ImageFont.truetype(FONT, 26)
    days = f"{claim.first_day:%d/%m/%Y} – {claim.last_day:%d/%m/%Y}"
    lines = (
        (180, claim.organiser, small),
        (280, "GIẤY CHỨNG NHẬN", large),
        (400, "Chứng nhận ông/bà", small),
        (450, name, large),
        (560, "đã dự", small),
        (610, claim.title, small),
        (670, f"{days}, {claim.periods} tiết", small),
        (800, f"Số: {claim.document_number}", small),
        (1150, "Giấy minh họa, không có thật", small),
    )
    for top, text, font in lines:
        pen.text((WIDTH / 2, top), text, fill="#222222", font=font, anchor="ma")
    written = io.BytesIO()
    paper.save(written, "JPEG", quality=90)
    return written.getvalue()
