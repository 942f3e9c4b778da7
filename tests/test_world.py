"""The shared world stands on real publications, a real completion and a stored certificate."""

import pytest

from tests.world import make_world


@pytest.mark.django_db
def test_world_is_whole():
    world = make_world()
    assert {lesson.latest_version.number for lesson in world.lessons} == {1}
    assert world.course.versions.count() == 1
    for side in (world.own, world.other):
        assert side.finished.passed
        assert side.certificate.document_status == "stored"
        assert side.running.status == "in_progress"
        assert side.enrolment.closed_at is None
