"""A test that commits leaves the database as it found it."""

import pytest
from wagtail.models import Page, Site

from lms.people.models import StaffMember
from tests.baseline import Baseline
from tests.factories import make_home, make_person, make_unit


@pytest.mark.django_db(transaction=True)
def test_restore_takes_back_what_was_committed(django_db_setup: Baseline):
    before = set(Page.objects.values_list("pk", "title", "path"))
    make_home()
    make_person()
    make_unit()
    assert set(Page.objects.values_list("pk", "title", "path")) != before
    django_db_setup.restore()
    assert set(Page.objects.values_list("pk", "title", "path")) == before
    assert Site.objects.get(is_default_site=True).root_page_id in {row[0] for row in before}
    assert not StaffMember.objects.exists()
