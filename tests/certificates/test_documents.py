"""The document: true to the frozen facts, embedded face, made once, refused rather than wrong."""

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import transaction

from certificates import rendering
from certificates.documents import (
    DocumentAltered,
    DocumentMissing,
    documents_in_one_go,
    make_document,
    make_pending,
    read_document,
    try_again,
)
from certificates.issuing import issue_certificate, reissue
from certificates.models import Certificate, private_storage
from certificates.rendering import (
    FONTS,
    DocumentRefused,
    allowed_resource,
    html_to_pdf,
    letters_without_glyph,
    render_document,
)
from certificates.tasks import make_document_task, make_pending_task
from tests.certificates.made import ISSUED_AT, make_done
from tests.factories import make_course, make_person, make_user

HARD_NAME = "Nguyễn Thị Ngọc Ánh"


def needs(program: str):
    return pytest.mark.skipif(
        shutil.which(program) is None, reason=f"{program} is not installed on this machine"
    )


@pytest.fixture
def certificate(db) -> Certificate:
    return issue_certificate(make_done(make_person(full_name=HARD_NAME)), actor=None, at=ISSUED_AT)


@pytest.fixture
def pdf_path(certificate, tmp_path) -> Path:
    path = tmp_path / "a.pdf"
    path.write_bytes(render_document(certificate.facts))
    return path


def run(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, check=True, timeout=60)
    return done.stdout.decode()


@needs("pdftotext")
def test_accented_text_comes_back_whole(pdf_path, certificate):
    text = " ".join(run("pdftotext", "-layout", pdf_path, "-").split())
    for expected in (
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "GIẤY CHỨNG NHẬN",
        HARD_NAME,
        "Nhận diện nạn nhân bị mua bán",
        "0001/2024/GCN-TH",
        "Quảng Nam, ngày 07 tháng 5 năm 2024",
        "-".join(certificate.verification_code[place : place + 4] for place in range(0, 28, 4)),
    ):
        assert expected in text


@needs("pdffonts")
def test_every_font_drawn_with_is_embedded(pdf_path):
    lines = [line.split() for line in run("pdffonts", pdf_path).splitlines()[2:]]
    # The library lists Helvetica in every file; nothing is drawn with it (the glyph check).
    fonts = {line[0].partition("+")[2]: line[-5] for line in lines if line[0] != "Helvetica"}
    assert fonts == {
        "NotoSerif-Regular": "yes",
        "NotoSerif-Bold": "yes",
        "NotoSerif-Italic": "yes",
    }


@needs("pdfinfo")
def test_one_page_a4_landscape(pdf_path):
    info = run("pdfinfo", pdf_path)
    assert "Pages:           1\n" in info
    assert "841.89 x 595.276 pts (A4)" in info


@needs("pdftoppm")
@needs("zbarimg")
def test_qr_code_on_the_page_leads_to_the_check(pdf_path, certificate):
    run("pdftoppm", "-r", "150", "-png", pdf_path, pdf_path.with_suffix(""))
    [picture] = pdf_path.parent.glob("*.png")
    assert run("zbarimg", "--quiet", "--raw", picture).strip() == certificate.facts["verify_url"]


@pytest.mark.parametrize("name", ("山田太郎", "Nguyễn ☑ An", "An 😀"))
def test_a_letter_without_glyph_refuses_the_document(certificate, name):
    with pytest.raises(DocumentRefused, match="no glyph"):
        render_document(certificate.facts | {"full_name": name})


@pytest.mark.parametrize(
    "name", ("Ạ", "A Vương", "Pơloong Ví Dụ", "M'Nông Wĭn F'Jrai", "Zơrâm Thị Ỗẵệữ Ế Ộ Ữ Ặ Đ")
)
def test_names_of_the_highlands_are_drawn(certificate, name):
    assert render_document(certificate.facts | {"full_name": name}).startswith(b"%PDF")


@pytest.mark.parametrize(
    ("facts", "why"),
    (
        ({"full_name": "x" * 5000}, "frame|letters|pages|read back"),
        ({"full_name": "Anh " * 500}, "frame|pages"),
        ({"course_title": "Khóa " * 300}, "frame|pages"),
    ),
)
def test_text_that_does_not_fit_refuses_the_document(certificate, facts, why):
    with pytest.raises(DocumentRefused, match=why):
        render_document(certificate.facts | facts)


@pytest.mark.parametrize(
    "html",
    (
        "<p style='font-family: nosuchface'>a</p>",
        "<img src='file:///etc/hostname'>",
        "<img src='http://127.0.0.1:9/x.png'>",
        "<img src='../../manage.py'>",
        "<img src='data:image/svg+xml;base64,PHN2Zy8+'>",
        "<link rel='stylesheet' href='http://127.0.0.1:9/a.css'>",
        "<style>@import 'http://127.0.0.1:9/a.css';</style>",
        "<style>@font-face { font-family: x; src: url(/etc/passwd); }</style>",
    ),
)
def test_any_fallback_or_foreign_resource_refuses_the_document(html):
    with pytest.raises(DocumentRefused):
        html_to_pdf(f"<html><body>{html}</body></html>")


@pytest.mark.parametrize(
    "uri", ("/etc/passwd", "fonts/../models.py", "OFL.txt", "https://a.vn/x.ttf", "data:text/css,a")
)
def test_link_callback_passes_our_fonts_and_pictures_only(uri):
    with pytest.raises(DocumentRefused):
        allowed_resource(uri, "")
    assert [Path(allowed_resource(name, "")).is_file() for name in FONTS] == [True] * 3


def test_markup_in_a_name_is_text(certificate):
    facts = certificate.facts | {"full_name": "<img src='file:///etc/passwd'>"}
    assert letters_without_glyph("<b>x</b>&lt;") == []
    assert render_document(facts).startswith(b"%PDF")


def test_made_once_stored_with_its_hash_and_never_drawn_again(certificate, monkeypatch):
    assert make_document(certificate.pk) == "stored"
    certificate.refresh_from_db()
    pdf = read_document(certificate)
    assert certificate.document_sha256 == hashlib.sha256(pdf).hexdigest()
    assert "/media/" not in private_storage().path(certificate.document.name)
    certificate.person.full_name = "Tên Khác"
    certificate.person.save(update_fields=["full_name"])
    assert make_document(certificate.pk) == "stored"
    assert read_document(certificate) == pdf


def test_a_refused_document_says_why_and_the_others_go_on(certificate):
    bad = issue_certificate(make_done(make_person(full_name="An ☑")), actor=None, at=ISSUED_AT)
    assert make_pending() == {"stored": 1, "failed": 1}
    bad.refresh_from_db()
    assert (bad.document_status, bad.document_problem, bad.document.name) == (
        "failed",
        "no glyph for U+2611",
        "",
    )
    with pytest.raises(DocumentMissing):
        read_document(bad)
    assert try_again(bad)
    assert not try_again(certificate)


def test_a_worker_that_died_leaves_nothing_to_mend_by_hand(certificate, monkeypatch):
    """Killed after the file was written and before the state was: the next run finishes it."""
    storage = private_storage()
    files_before = count_files(storage)

    class Killed(BaseException):
        pass

    def die(*args, **kwargs):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("certificates.documents.Certificate.objects.filter", die, raising=False)
        with pytest.raises(Killed), transaction.atomic():
            make_document(certificate.pk)
    certificate.refresh_from_db()
    assert certificate.document_status == "pending"
    call_command("render_pending")
    certificate.refresh_from_db()
    assert certificate.document_status == "stored"
    assert read_document(certificate).startswith(b"%PDF")
    assert count_files(storage) == files_before + 1


def test_an_altered_or_lost_file_is_not_handed_out(certificate):
    make_document(certificate.pk)
    certificate.refresh_from_db()
    path = Path(private_storage().path(certificate.document.name))
    path.write_bytes(path.read_bytes().replace(b"%PDF", b"%PDX"))
    with pytest.raises(DocumentAltered):
        read_document(certificate)
    path.unlink()
    with pytest.raises(DocumentAltered):
        read_document(certificate)


def test_document_is_made_after_the_commit(db, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        certificate = issue_certificate(make_done(), actor=None, at=ISSUED_AT)
        certificate.refresh_from_db()
        assert certificate.document_status == "pending"
    certificate.refresh_from_db()
    assert certificate.document_status == "stored"
    assert make_document_task.call(certificate.pk) == "stored"


def test_a_loader_queues_one_task_for_all(db, django_capture_on_commit_callbacks):
    course = make_course()
    with django_capture_on_commit_callbacks() as callbacks, documents_in_one_go():
        for _ in range(3):
            issue_certificate(make_done(make_person(), course), actor=None, at=ISSUED_AT)
    assert len(callbacks) == 1
    assert make_pending_task.call() == {"stored": 3, "failed": 0}
    assert make_pending(limit=5) == {"stored": 0, "failed": 0}


def test_reissue_says_so(certificate, tmp_path):
    second = reissue(certificate, reason="Sai tên", actor=make_user(), at=ISSUED_AT)
    assert render_document(second.facts).startswith(b"%PDF")
    html = rendering.render_to_string(
        "certificates/pdf/certificate.html", {"facts": second.facts, "qr": "", "name_class": ""}
    )
    assert "(Cấp lại lần 1)" in html


def count_files(storage) -> int:
    folder = Path(storage.location) / "certificates"
    return len([path for path in folder.rglob("*") if path.is_file()])
