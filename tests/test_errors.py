"""The pages for 500 and 503 stand without a database: pytest refuses it in this module."""

import pytest
from bs4 import BeautifulSoup

from lms import errors


@pytest.mark.parametrize(
    ("view", "status"), ((errors.server_error, 500), (errors.service_unavailable, 503))
)
def test_page_needs_no_database(rf, view, status):
    response = view(rf.get("/"))
    page = BeautifulSoup(response.content, "html.parser")
    assert response.status_code == status
    assert len(page.find_all("h1")) == 1
    assert page.find("a", href="tel:111")
    assert page.find("link", rel="stylesheet")
    assert response["Cache-Control"] == "no-store"


def test_server_error_answers_even_when_no_page_can_be_rendered(rf, settings):
    settings.TEMPLATES = []
    response = errors.server_error(rf.get("/"))
    assert response.status_code == 500
    assert "111" in response.content.decode()
