"""The people who sign in to look at the demo: one for each role, with a known password."""

from __future__ import annotations

from dataclasses import dataclass, field

from lms.people.models.accounts import Role

PASSWORD = "tap-huan-quang-nam"  # noqa: S105 - printed by demo_accounts; the demo holds nobody real
PROVINCE = "49"
DISTRICT = "508"  # Duy Xuyên
COMMUNE = "20626"  # Duy Phước
NEIGHBOUR = "20632"  # Duy Vinh, which borders on Duy Phước

LEARNER = "learner"
# Instructor and content editor in one account (``docs/decisions.md`` 13).
TRAINER = "trainer"


@dataclass(frozen=True)
class Character:
    """One account of the demo. ``unit`` is a code, or the key of an agency."""

    staff_code: str
    full_name: str
    role: str
    unit: str
    group: str
    title: str
    about: str
    # (role, unit) as assigned; a learner needs none.
    roles: tuple[tuple[str, str], ...] = field(default=())
    victim_support: bool = True
    # Opens her account with a one-time code instead of a password.
    is_new: bool = False

    @property
    def sign_in(self) -> str:
        return self.staff_code.lower()


MIDWAY, FRESH, TRAINED, NEWCOMER = "HOCVIEN1", "HOCVIEN2", "HOCVIEN3", "HOCVIEN4"
# They follow their own stories; the others of the cast learn like everybody.
LEARNERS = frozenset({MIDWAY, FRESH, TRAINED, NEWCOMER})
MANAGER, INSTRUCTOR, TRAINER_CODE = "QUANLY", "GIANGVIEN", "TAPHUAN"

CAST: tuple[Character, ...] = (
    Character(
        MIDWAY,
        "Trần Thị Thu Hà",
        LEARNER,
        COMMUNE,
        "xa_ldtbxh",
        "Công chức văn hóa – xã hội",
        "half-way through course 1, with classes ahead",
    ),
    Character(
        FRESH,
        "Nguyễn Văn Bình",
        LEARNER,
        NEIGHBOUR,
        "xa_ldtbxh",
        "Người làm công tác bảo vệ trẻ em",
        "has done nothing yet",
    ),
    Character(
        TRAINED,
        "Lê Thị Ngọc Ánh",
        LEARNER,
        COMMUNE,
        "xa_ldtbxh",
        "Công chức văn hóa – xã hội",
        "has completed every course, with certificates",
    ),
    Character(
        NEWCOMER,
        "Phạm Thị Út",
        LEARNER,
        NEIGHBOUR,
        "xa_ldtbxh",
        "Cộng tác viên",
        "opens her account with the one-time code",
        is_new=True,
    ),
    Character(
        "DAUMOI1",
        "Võ Thị Kim Liên",
        Role.UNIT_FOCAL,
        COMMUNE,
        "xa_ldtbxh",
        "Công chức văn hóa – xã hội",
        "keeps the staff of Duy Phước",
        ((Role.UNIT_FOCAL, COMMUNE),),
    ),
    Character(
        "DAUMOI2",
        "Hồ Văn Đức",
        Role.UNIT_FOCAL,
        NEIGHBOUR,
        "xa_ldtbxh",
        "Công chức văn hóa – xã hội",
        "keeps the staff of Duy Vinh, next to Duy Phước",
        ((Role.UNIT_FOCAL, NEIGHBOUR),),
    ),
    Character(
        "DAUMOIHUYEN",
        "Đặng Thị Phương Mai",
        Role.DISTRICT_FOCAL,
        DISTRICT,
        "phong_ldtbxh",
        "Phó Trưởng phòng",
        "keeps Duy Xuyên and its communes",
        ((Role.DISTRICT_FOCAL, DISTRICT),),
    ),
    Character(
        MANAGER,
        "Nguyễn Thị Ái Vân",
        Role.PROVINCE_MANAGER,
        "so-ldtbxh",
        "so_ldtbxh",
        "Trưởng phòng",
        "runs the training of the province",
        ((Role.PROVINCE_MANAGER, PROVINCE),),
    ),
    Character(
        "LANHDAO",
        "Huỳnh Quốc Thắng",
        Role.PROVINCE_LEADER,
        "so-ldtbxh",
        "so_ldtbxh",
        "Phó Giám đốc",
        "reads the figures of the province",
        ((Role.PROVINCE_LEADER, PROVINCE),),
    ),
    Character(
        "BIENTAP",
        "Phan Thị Hoài Thương",
        Role.CONTENT_EDITOR,
        "tt-ctxh",
        "tt_ctxh",
        "Nhân viên công tác xã hội",
        "writes lessons and questions",
        ((Role.CONTENT_EDITOR, PROVINCE),),
    ),
    Character(
        "THAMDINH",
        "Trương Văn Nghĩa",
        Role.LEGAL_REVIEWER,
        "so-tu-phap",
        "tgpl",
        "Chuyên viên",
        "reviews what lessons say of the law",
        ((Role.LEGAL_REVIEWER, PROVINCE),),
        victim_support=False,
    ),
    Character(
        INSTRUCTOR,
        "Lê Thị Thanh Tâm",
        Role.INSTRUCTOR,
        "tt-ctxh",
        "tt_ctxh",
        "Tư vấn viên",
        "runs classes, one of them today",
        ((Role.INSTRUCTOR, PROVINCE),),
    ),
    Character(
        TRAINER_CODE,
        "Nguyễn Hữu Phước",
        TRAINER,
        "tt-ctxh",
        "tt_ctxh",
        "Quản lý trường hợp",
        "trainer: runs classes and edits lessons",
        ((Role.INSTRUCTOR, PROVINCE), (Role.CONTENT_EDITOR, PROVINCE)),
    ),
    Character(
        "QUANTRI",
        "Bùi Minh Khoa",
        Role.SYSADMIN,
        "so-ldtbxh",
        "so_ldtbxh",
        "Chuyên viên",
        "keeps accounts and settings",
        ((Role.SYSADMIN, PROVINCE),),
        victim_support=False,
    ),
    Character(
        "BAOVEDULIEU",
        "Đỗ Thị Hạnh",
        Role.PRIVACY_OFFICER,
        "so-ldtbxh",
        "so_ldtbxh",
        "Chuyên viên",
        "answers for the protection of data",
        ((Role.PRIVACY_OFFICER, PROVINCE),),
        victim_support=False,
    ),
)
