"""Who sees which certificate: owner and manager the document, a focal the state, others nothing."""

import pytest
from django.urls import reverse

from certificates.documents import make_document
from certificates.issuing import issue_certificate
from certificates.models import Certificate
from tests.certificates.made import ISSUED_AT, make_done
from tests.factories import (
    make_course,
    make_group,
    make_person,
    make_posting,
    make_role,
    make_unit,
    make_user,
)


@pytest.fixture
def province(db):
    """Two neighbouring communes, a certificate in the first, and everybody who may ask for it."""
    root = make_unit(name="Quảng Nam", kind="Tỉnh", level="province")
    here = make_unit(name="Chà Vàl", parent=root)
    there = make_unit(name="Zuôih", parent=root)
    group = make_group()
    owner, colleague = make_person(full_name="Lê Thị Ví Dụ"), make_person()
    for person in (owner, colleague):
        make_posting(person, unit=here, group=group)
    certificate = issue_certificate(make_done(owner, unit=here), actor=None, at=ISSUED_AT)
    make_document(certificate.pk)
    users = {"owner": make_user(owner), "colleague": make_user(colleague), "trainer": make_user()}
    for name, role, unit in (
        ("manager", "province_manager", root),
        ("focal", "unit_focal", here),
        ("neighbour", "unit_focal", there),
        ("leader", "province_leader", root),
    ):
        users[name] = make_user()
        make_role(users[name], role, unit=unit)
    make_role(users["trainer"], "instructor", unit=root)
    return certificate, users


def sign_in(client, user) -> None:
    """Signed in with the second factor shown, as the gate of the portal asks."""
    client.force_login(user)
    device = user.totpdevice_set.create(name="t", confirmed=True)
    session = client.session
    session["otp_device_id"] = device.persistent_id
    session.save()


VERDICTS = (
    ("owner", 200, 200),
    ("manager", 200, 200),
    ("leader", 200, 404),
    ("focal", 200, 404),
    ("colleague", 404, 404),
    ("neighbour", 404, 404),
    ("trainer", 404, 404),
)


@pytest.mark.parametrize(("who", "page", "document"), VERDICTS)
def test_who_sees_the_state_and_who_the_document(client, province, who, page, document):
    certificate, users = province
    sign_in(client, users[who])
    assert client.get(certificate.get_absolute_url()).status_code == page
    found = client.get(reverse("certificate_download", args=[certificate.pk]))
    assert found.status_code == document


def test_a_focal_person_is_shown_no_code_and_no_link(client, province):
    certificate, users = province
    sign_in(client, users["focal"])
    text = client.get(certificate.get_absolute_url()).content.decode()
    assert "Lê Thị Ví Dụ" in text
    assert certificate.verification_code not in text.replace("-", "")
    assert "tai-ve" not in text


@pytest.mark.parametrize("name", ("certificates", "certificates_issue"))
def test_a_stranger_is_sent_to_sign_in(client, province, name):
    certificate, _users = province
    for address in (
        reverse(name),
        certificate.get_absolute_url(),
        reverse("certificate_download", args=[certificate.pk]),
    ):
        response = client.get(address)
        assert (response.status_code, response["Location"].partition("?")[0]) == (
            302,
            "/dang-nhap/",
        )


def test_document_comes_as_an_attachment_with_its_vietnamese_name(client, province):
    certificate, users = province
    sign_in(client, users["owner"])
    response = client.get(reverse("certificate_download", args=[certificate.pk]))
    assert response["Content-Disposition"] == (
        "attachment; filename*=utf-8''Gi%E1%BA%A5y%20ch%E1%BB%A9ng%20nh%E1%BA%ADn"
        "%200001-2024-GCN-TH.pdf"
    )
    assert response["Content-Type"] == "application/pdf"
    assert "no-store" in response["Cache-Control"]
    assert response.content.startswith(b"%PDF")


@pytest.mark.parametrize("status", ("pending", "failed"))
def test_a_document_not_there_is_a_plain_page(client, province, status):
    certificate, users = province
    Certificate.objects.update(document_status=status)
    sign_in(client, users["owner"])
    response = client.get(reverse("certificate_download", args=[certificate.pk]))
    assert response.status_code == 409


ACTS = ("certificate_reissue", "certificate_revoke", "certificate_draw_again")


@pytest.mark.parametrize("who", [who for who, *_rest in VERDICTS if who != "manager"])
def test_acts_are_the_managers_alone(client, province, who):
    certificate, users = province
    sign_in(client, users[who])
    for act in ACTS:
        response = client.post(
            reverse(act, args=[certificate.pk]), {"reason": "Vì", "reason_class": "other"}
        )
        assert response.status_code == 404
    for method in (client.get, client.post):
        assert method(reverse("certificates_issue")).status_code == 404
    certificate.refresh_from_db()
    assert Certificate.objects.count() == 1
    assert not hasattr(certificate, "revocation")


def test_manager_reissues_and_revokes(client, province):
    certificate, users = province
    sign_in(client, users["manager"])
    empty = client.post(reverse("certificate_reissue", args=[certificate.pk]), {"reason": ""})
    assert empty.status_code == 200
    assert Certificate.objects.count() == 1
    client.post(reverse("certificate_reissue", args=[certificate.pk]), {"reason": "Sai tên"})
    newer = Certificate.objects.get(reissue_of=certificate)
    again = client.post(reverse("certificate_reissue", args=[certificate.pk]), {"reason": "Lại"})
    assert "Đã có giấy mới hơn" in again.content.decode()
    client.post(
        reverse("certificate_revoke", args=[newer.pk]),
        {"reason": "Thi hộ", "reason_class": "fraud"},
    )
    newer.refresh_from_db()
    assert newer.revocation.reason_class == "fraud"
    for act in ACTS:
        assert client.get(reverse(act, args=[certificate.pk])).status_code == 405


def test_manager_issues_by_decision(client, province):
    certificate, users = province
    completion = make_done(certificate.person, make_course(), mode="by_decision")
    sign_in(client, users["manager"])
    address = reverse("certificates_issue")
    assert "Lê Thị Ví Dụ" in client.get(address).content.decode()
    data = {"decision_number": "12/QĐ", "decided_on": "07/05/2024", "completions": [completion.pk]}
    for wrong in (
        {"decided_on": "31/02/2024"},
        {"decided_on": "01/01/9999"},
        {"decision_number": ""},
        {"completions": ["abc"]},
        {"completions": []},
        {"completions": ["999999"]},
    ):
        assert client.post(address, data | wrong).status_code == 200
        assert Certificate.objects.count() == 1
    assert client.post(address, data).status_code == 302
    issued = Certificate.objects.get(completion_logical_id=completion.logical_id)
    assert issued.decision_number == "12/QĐ"
    assert client.post(address, data).status_code == 200
    assert Certificate.objects.count() == 2


@pytest.mark.parametrize("count", (1, 8))
def test_my_certificates_cost_a_fixed_number_of_queries(
    client, province, count, django_assert_max_num_queries
):
    certificate, users = province
    for _ in range(count - 1):
        issue_certificate(make_done(certificate.person, make_course()), actor=None, at=ISSUED_AT)
    sign_in(client, users["owner"])
    client.get(reverse("certificates"))
    # web session, user, second factor, roles, certificates
    with django_assert_max_num_queries(6):
        response = client.get(reverse("certificates"))
    assert len(response.context["rows"]) == count


@pytest.mark.parametrize("count", (1, 8))
def test_issue_page_costs_a_fixed_number_of_queries(
    client, province, count, django_assert_max_num_queries
):
    certificate, users = province
    for _ in range(count):
        make_done(certificate.person, make_course())
    sign_in(client, users["manager"])
    client.get(reverse("certificates_issue"))
    with django_assert_max_num_queries(8):
        response = client.get(reverse("certificates_issue"))
    assert len(response.context["rows"]) == count
