"""The bundle of evidence of one person: a ZIP whose manifest proves every file in it.

For the person herself and the department only. JSON files for machines, the record and the
certificates as PDF for people; the manifest lists each file with its SHA-256.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from tempfile import SpooledTemporaryFile
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from django.db import transaction
from django.utils import timezone, translation

from certificates.documents import DocumentAltered, DocumentMissing, read_document
from certificates.models import Certificate
from courses.models import ExternalTraining
from courses.recognition.papers import EvidenceAltered, read_file
from lms.people import audit
from lms.people.days import local_day
from lms.people.models import StaffMember
from lms.people.models.accounts import Role
from lms.people.scopes import Scope
from lms.target.dossier import evidence
from lms.target.dossier.paper import record_pdf
from lms.target.figures import snapshot
from lms.target.reports.canonical import plain

IN_MEMORY_BYTES = 8_000_000
MANIFEST = "ban-ke.json"
README = "doc-truoc.txt"
README_TEXT = """HỒ SƠ KIỂM CHỨNG TẬP HUẤN

Hồ sơ này gồm các bằng chứng mà cổng tập huấn đang giữ về một người, tính đến ngày ghi trong
danh-sach.json. Mỗi dòng có thời điểm ghi nhận (recorded_at) và, nếu đã bị thay hoặc rút, thời điểm
rút (withdrawn_at). Ngày kết thúc (valid_to) là ngày đầu tiên không còn hiệu lực; 9999-12-31 nghĩa
là chưa kết thúc.

danh-sach.json       phân công, nghỉ dài hạn, danh sách được cử, và trạng thái vào ngày đó
ket-qua.json         kết quả hoàn thành với từng điều kiện; kết quả đã rút và lý do
bai-hoc.json         bài đã học, tình huống đã trả lời, với phiên bản bài
luot-lam-bai/        từng lượt làm bài, với phiên bản câu hỏi và từng bước trả lời
diem-danh.json       điểm danh từng buổi
tap-huan-ngoai.json  giấy tập huấn bên ngoài, ai kiểm tra, ai quyết định, mã băm của từng tệp
tap-huan-ngoai/      các tệp đó như đã nộp
giay-chung-nhan/     giấy chứng nhận như đã cấp, và dữ kiện in trên giấy
quy-dinh.json        quy định, nhóm vị trí, khóa bắt buộc, phiên bản khóa học
nhat-ky.json         nhật ký các việc đã làm với hồ sơ này
ho-so.pdf            hồ sơ tập huấn để đọc
ban-ke.json          danh sách các tệp trên, kèm mã băm SHA-256 của từng tệp

Đáp án của bài kiểm tra còn lượt làm thì chưa có trong hồ sơ giao cho học viên.
"""


@dataclass(frozen=True)
class Bundle:
    """A ZIP ready to be read from its start, and the hash of its manifest."""

    file: Any
    name: str
    manifest_sha256: str


def may_have_bundle(person: StaffMember, scope: Scope) -> bool:
    """The person herself, or the managers of the province."""
    return person.pk == scope.person_id or scope.has_role(Role.PROVINCE_MANAGER)


def make_bundle(person: StaffMember, scope: Scope, *, actor: Any, at: datetime) -> Bundle:
    """Return the evidence of ``person`` as known at ``at``, and write that it was handed out.

    Everything is read at one moment. The file belongs to the caller, who closes it.
    """
    tells_answers = scope.has_role(Role.PROVINCE_MANAGER) and person.pk != scope.person_id
    file = SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115 (the caller closes it)
    listed = []
    with ZipFile(file, "w", ZIP_DEFLATED) as archive, translation.override("vi"), snapshot():
        for name, body in contents(person, scope, at=at, tells_answers=tells_answers):
            write(archive, name, body, at=at)
            listed.append({"file": name, "bytes": len(body), "sha256": sha256(body).hexdigest()})
        manifest = as_json(
            {"person": person.key, "staff_code": person.staff_code, "made_at": at, "files": listed}
        )
        write(archive, MANIFEST, manifest, at=at)
    file.seek(0)
    digest = sha256(manifest).hexdigest()
    with transaction.atomic():
        audit.log(
            "record.export_bundle",
            person,
            actor=actor,
            at=at,
            person=person,
            files=len(listed),
            manifest_sha256=digest,
            tells_answers=tells_answers,
        )
    return Bundle(file, f"ho-so-{person.staff_code}.zip", digest)


def contents(
    person: StaffMember, scope: Scope, *, at: datetime, tells_answers: bool
) -> Iterator[tuple[str, bytes]]:
    """Yield each file by its name in the archive."""
    ids, day = evidence.identities(person), local_day(at)
    yield README, README_TEXT.encode()
    tables = {
        "nguoi.json": {
            "person": person.key,
            "staff_code": person.staff_code,
            "full_name": person.full_name,
        },
        "danh-sach.json": evidence.roster(person, ids, day),
        "ket-qua.json": evidence.completions(ids),
        "bai-hoc.json": evidence.lessons(ids),
        "diem-danh.json": evidence.attendance(ids),
        "tap-huan-ngoai.json": evidence.external(ids),
        "quy-dinh.json": evidence.rules(day, ids),
        "nhat-ky.json": evidence.trail(person),
    }
    for name, table in tables.items():
        yield name, as_json(table)
    for place, attempt in enumerate(
        evidence.attempts(ids, at=at, tells_answers=tells_answers), start=1
    ):
        yield f"luot-lam-bai/{place:03}.json", as_json(attempt)
    yield from certificate_files(ids)
    yield from paper_files(ids)
    yield "ho-so.pdf", record_pdf(person, scope, at=at)


def certificate_files(ids: list[int]) -> Iterator[tuple[str, bytes]]:
    """Yield the facts of each certificate and its document as it was stored."""
    rows = Certificate.objects.filter(person__in=ids).with_outcome().order_by("issued_at", "pk")
    for row in rows:
        stem = f"giay-chung-nhan/{row.register_no.replace('/', '-')}-{row.reissue_number}"
        revocation = getattr(row, "revocation", None)
        facts = {
            "facts": row.facts,
            "facts_sha256": row.facts_sha256,
            "document_status": row.document_status,
            "document_sha256": row.document_sha256,
            "revoked_on": revocation.revoked_on if revocation else None,
            "revoked_for": revocation.reason if revocation else None,
        }
        try:
            document = read_document(row)
        except DocumentMissing:
            document, facts["document_note"] = b"", "chưa có bản giấy"
        except DocumentAltered:
            document, facts["document_note"] = b"", "bản giấy không còn đúng như khi cấp"
        yield f"{stem}.json", as_json(facts)
        if document:
            yield f"{stem}.pdf", document


def paper_files(ids: list[int]) -> Iterator[tuple[str, bytes]]:
    """Yield the papers of training held elsewhere whose file is there and as it was handed in."""
    rows = ExternalTraining.objects.filter(person__in=ids).exclude(evidence="").order_by("pk")
    for row in rows:
        # A file that is not: the list gives its hash, the examination of the books names it.
        with suppress(EvidenceAltered):
            yield f"tap-huan-ngoai/{row.pk}.{row.evidence_kind}", read_file(row)


def as_json(value: Any) -> bytes:
    """Return ``value`` as indented JSON with sorted keys, so that a person can read it too."""
    text = json.dumps(plain(value), ensure_ascii=False, indent=1, sort_keys=True)
    return text.encode() + b"\n"


def write(archive: ZipFile, name: str, body: bytes, *, at: datetime) -> None:
    moment = timezone.localtime(at)
    entry = ZipInfo(name, date_time=moment.timetuple()[:6])
    entry.compress_type = ZIP_DEFLATED
    archive.writestr(entry, body)
