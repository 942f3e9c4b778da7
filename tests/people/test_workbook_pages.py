"""The pages and the command of the staff workbook: who opens them, what they answer and cost."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from lms.people.models import AuditEntry, Posting, StaffImport, StaffMember
from lms.people.models.imports import ImportStatus
from lms.people.workbooks.containers import OLE
from lms.people.workbooks.showing import PAGE_SIZE
from tests.people.test_workbook_imports import preview
from tests.people.workbook_files import book_of, newcomer, rows_in
from tests.world import World, sign_in

pytestmark = pytest.mark.django_db

START = "/can-bo/nhap-excel/"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def upload(file: io.BytesIO, name: str = "ds.xlsx") -> dict[str, SimpleUploadedFile]:
    return {"file": SimpleUploadedFile(name, file.getvalue(), content_type=XLSX)}


def test_file_is_read_by_the_worker_applied_and_undone(
    world: World, client, django_capture_on_commit_callbacks
):
    sign_in(client, world.own.focal)
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(START, upload(book_of(newcomer(), newcomer(full_name="Lỗi 1"))))
    kept = StaffImport.objects.latest("pk")
    assert response.url == kept.get_absolute_url()
    assert kept.file.name.startswith("imports/")
    page = client.get(response.url)
    assert (page.context["good_count"], page.context["bad_count"]) == (1, 1)
    for act, status in (("apply", ImportStatus.APPLIED), ("undo", ImportStatus.UNDONE)):
        with django_capture_on_commit_callbacks(execute=True):
            client.post(response.url, {"act": act})
        kept.refresh_from_db()
        assert kept.status == status
        assert client.get(response.url).status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        client.post(response.url, {"act": "discard"})
    assert client.get(response.url).status_code == 404
    assert not kept.file.storage.exists(kept.file.name)


@pytest.mark.parametrize(
    ("content", "said"),
    (
        (b"", "rỗng"),
        (OLE + b"\x00" * 600, "kiểu cũ (.xls)"),
        ("Mã cán bộ;Họ và tên\n".encode(), "tệp văn bản"),
    ),
)
def test_bad_file_is_answered_at_once_and_nothing_is_kept(world: World, client, content, said):
    sign_in(client, world.own.focal)
    before = StaffImport.objects.count()
    response = client.post(START, upload(io.BytesIO(content)))
    assert response.status_code in {200, 422}
    assert said in response.content.decode()
    assert StaffImport.objects.count() == before


def test_refusal_of_the_file_itself_is_a_client_error(world: World, client):
    sign_in(client, world.own.focal)
    assert client.post(START, upload(io.BytesIO(b"%PDF-1.7\x00"))).status_code == 422


def test_page_at_work_looks_again_by_itself_and_says_when_it_was_stopped(world: World, client):
    sign_in(client, world.own.focal)
    kept = world.own.staff_import
    StaffImport.objects.filter(pk=kept.pk).update(
        status=ImportStatus.READING, beat_at=timezone.now(), done_count=500, total_count=2000
    )
    page = client.get(kept.get_absolute_url())
    assert page.context["percent"] == 25
    assert page["Refresh"] == "3"
    StaffImport.objects.filter(pk=kept.pk).update(beat_at=timezone.now() - timedelta(minutes=5))
    page = client.get(kept.get_absolute_url())
    assert page.context["is_stalled"]
    assert "Refresh" not in page
    client.post(kept.get_absolute_url(), {"act": "restart"})
    kept.refresh_from_db()
    assert not kept.is_stalled(timezone.now())


def test_tabs_show_each_kind_and_pages_go_on(world: World, client):
    sign_in(client, world.own.focal)
    address = world.own.staff_import.get_absolute_url()
    for kind in ("new", "changed", "unchanged", "refused", "undecided"):
        page = client.get(address, {"muc": kind})
        assert [row.status for row in page.context["rows"]] == [kind]
    many = preview(world, *(newcomer(full_name=f"Lỗi {n}") for n in range(PAGE_SIZE + 3)))
    first = client.get(many.get_absolute_url())
    assert (len(first.context["rows"]), first.context["current"]) == (PAGE_SIZE, "refused")
    with CaptureQueriesContext(connection) as queries:
        rest = client.get(first.context["next_url"])
    assert len(rest.context["rows"]) == 3
    assert len(queries) <= 8


def test_decision_is_taken_on_the_page(world: World, client):
    sign_in(client, world.own.focal)
    kept = world.own.staff_import
    row = kept.rows.get(status="undecided")
    page = client.get(kept.get_absolute_url(), {"muc": "undecided"})
    (shown,) = page.context["rows"]
    assert [each.choice for each in shown.choices] == [f"same-{row.candidates[0]}", "new", "skip"]
    for choice in ("", "same-0", "same-x", "nobody", f"same-{world.other.learner.staff_id}"):
        client.post(
            kept.get_absolute_url(), {"act": "decide", "number": row.number, "choice": choice}
        )
        row.refresh_from_db()
        assert row.decision == {}
    client.post(kept.get_absolute_url(), {"act": "decide", "number": row.number, "choice": "new"})
    row.refresh_from_db()
    assert row.status == "new"


def test_prefilled_workbook_is_of_ones_own_units_and_is_logged(world: World, client):
    sign_in(client, world.own.focal)
    response = client.post(reverse("people:staff_workbook"), {"unit": "xã duy phước"})
    content = b"".join(response.streaming_content)
    assert response["Content-Disposition"] == 'attachment; filename="danh-sach-can-bo-20626.xlsx"'
    names = {row[1] for row in rows_in(content)[1:]}
    assert world.own.learner.staff.full_name in names
    assert world.other.learner.staff.full_name not in names
    entry = AuditEntry.objects.filter(action="staff_workbook.export").latest("pk")
    assert (entry.actor, entry.unit) == (world.own.focal, world.own.unit)
    for unit in ("20632", "Xã Duy Vinh", "49", "không có"):
        refused = client.post(reverse("people:staff_workbook"), {"unit": unit})
        assert refused.context["wanted"].errors["unit"]


def test_refused_rows_are_downloaded_and_logged(world: World, client):
    sign_in(client, world.own.focal)
    kept = world.own.staff_import
    response = client.post(reverse("people:staff_import_refused", args=[kept.pk]))
    rows = rows_in(b"".join(response.streaming_content))
    assert [row[1] for row in rows[1:]] == ["Lê Thị Lỗi", world.own.learner.staff.full_name]
    assert AuditEntry.objects.filter(action="staff_import.refused_rows").exists()


def test_import_of_somebody_else_is_not_there(world: World, client):
    for user in (world.other.focal, world.users["district_focal"], world.own.learner):
        sign_in(client, user)
        address = world.own.staff_import.get_absolute_url()
        answers = [
            client.get(address).status_code,
            client.post(address, {"act": "apply"}).status_code,
            client.post(f"{address}dong-chua-nhan/").status_code,
        ]
        assert answers == [404, 404, 404]
    world.own.staff_import.refresh_from_db()
    assert world.own.staff_import.status == ImportStatus.READY


# The command ----------------------------------------------------------------------------------
def run(path: Path, **options) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("import_staff", str(path), stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


def test_command_is_dry_until_told_and_repeats_safely(world: World, tmp_path: Path):
    path = tmp_path / "ds.xlsx"
    path.write_bytes(book_of(newcomer(), newcomer(full_name="Lỗi 1")).getvalue())
    before = StaffMember.objects.count(), Posting.objects.count(), StaffImport.objects.count()
    out, err = run(path)
    assert out == ("1 new, 0 changed, 0 unchanged, 1 refused, 0 undecided. Nothing was written.\n")
    assert err.startswith("line 3: B3: ")
    assert (
        StaffMember.objects.count(),
        Posting.objects.count(),
        StaffImport.objects.count(),
    ) == before
    out, _err = run(path, execute=True)
    assert "1 rows applied" in out
    assert StaffMember.objects.filter(full_name="Đinh Thị Mới").count() == 1
    out, _err = run(path, execute=True)
    assert out.endswith("1 unchanged, 1 refused, 0 undecided. 0 rows changed.\n")


def test_command_stays_within_a_unit_and_refuses_what_it_cannot_read(world: World, tmp_path: Path):
    path = tmp_path / "ds.xlsx"
    path.write_bytes(book_of(newcomer()).getvalue())
    out, err = run(path, unit="20632")
    assert out.startswith("0 new, 0 changed, 0 unchanged, 1 refused")
    assert "F2" in err
    with pytest.raises(CommandError):
        run(path, unit="00000")
    with pytest.raises(CommandError):
        run(tmp_path / "khong-co.xlsx")
    path.write_bytes(b"PK")
    with pytest.raises(CommandError):
        run(path)
