"""Numbers run from 1 in each year, none twice, none lost, whoever issues at once."""

import threading
from datetime import UTC, datetime
from functools import partial

import pytest
from django.db import connection, transaction
from django.db.models import Max

from certificates.issuing import issue_certificate
from certificates.models import Certificate, CertificateRegister
from certificates.register import register_no, take_number
from tests.certificates.made import ISSUED_AT, make_done
from tests.factories import make_course, make_course_version, make_person, make_unit
from tests.races import at_once

ISSUERS, EACH = 8, 5


def test_numbers_start_at_one_in_each_year(db):
    taken = [take_number(year)[1] for year in (2024, 2024, 2025, 2024)]
    assert taken == [1, 2, 1, 3]


def test_a_number_is_taken_in_a_transaction_only(transactional_db):
    with pytest.raises(transaction.TransactionManagementError):
        take_number(2024)


def test_a_number_rolled_back_goes_to_the_next(transactional_db):
    with transaction.atomic():
        take_number(2024)
        transaction.set_rollback(True)
    with transaction.atomic():
        assert take_number(2024)[1] == 1


@pytest.mark.parametrize(
    ("number", "printed"),
    ((1, "0001/2024/GCN-TH"), (289, "0289/2024/GCN-TH"), (12345, "12345/2024/GCN-TH")),
)
def test_register_number_as_printed(number: int, printed: str):
    assert register_no(number, 2024, "GCN-TH") == printed


def test_the_year_of_a_number_is_local(db):
    # 18:00 UTC on 31 December is 1 January in Asia/Ho_Chi_Minh.
    at = datetime(2024, 12, 31, 18, 0, tzinfo=UTC)
    assert issue_certificate(make_done(), actor=None, at=at).register_no == "0001/2025/GCN-TH"


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_eight_issuers_at_once_give_distinct_numbers_without_a_gap():
    course, unit = make_course(), make_unit()
    make_course_version(course)
    completions = [make_done(make_person(), course, unit=unit) for _ in range(ISSUERS * EACH)]

    def issue(place: int) -> int:
        own = completions[place::ISSUERS]
        return len([issue_certificate(each, actor=None, at=ISSUED_AT) for each in own])

    assert at_once(*[partial(issue, place) for place in range(ISSUERS)]) == [EACH] * ISSUERS
    numbers = sorted(Certificate.objects.values_list("number", flat=True))
    assert numbers == list(range(1, ISSUERS * EACH + 1))
    assert CertificateRegister.objects.get().last_number == ISSUERS * EACH


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_one_completion_issued_by_eight_at_once_has_one_certificate():
    completion = make_done()

    def issue() -> int:
        return issue_certificate(completion, actor=None, at=ISSUED_AT).pk

    assert at_once(*[issue] * ISSUERS) == [Certificate.objects.get().pk] * ISSUERS
    # A number that nobody got was given back.
    assert CertificateRegister.objects.get().last_number == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_the_highest_number_plus_one_does_collide():
    """The control: what the register must not do, on the database where it goes wrong."""
    # On SQLite IMMEDIATE lets one transaction write at a time, so even this would pass there.
    expected_distinct = 2 if connection.vendor == "sqlite" else 1
    CertificateRegister.objects.create(year=2024)
    barrier = threading.Barrier(2)

    def take_highest() -> int:
        with transaction.atomic():
            found = CertificateRegister.objects.aggregate(top=Max("last_number"))["top"] + 1
            try:
                barrier.wait(timeout=1)
            except threading.BrokenBarrierError:
                found = CertificateRegister.objects.aggregate(top=Max("last_number"))["top"] + 1
            CertificateRegister.objects.update(last_number=found)
        return found

    assert len(set(at_once(take_highest, take_highest))) == expected_distinct
