"""Pages of classes: who sees which, one tap each, nothing lost to a stale form or bad input."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from courses.attendance import record_attendance
from courses.models import AttendanceMark, ClassRosterEntry, ClassSession, TrainingClass
from tests.factories import (
    make_class,
    make_class_entry,
    make_course,
    make_course_version,
    make_group,
    make_person,
    make_posting,
    make_role,
    make_rules,
    make_session,
    make_unit,
    make_user,
)

HELD = datetime(2024, 5, 6, 1, 0, tzinfo=UTC)
AFTER = HELD + timedelta(hours=4)


@pytest.fixture
def province(db):
    """A district with two communes, a class for the district, and everybody who may ask."""
    make_rules()
    root = make_unit(name="Quảng Nam", kind="Tỉnh", level="province")
    district = make_unit(name="Nam Giang", kind="Huyện", level="district", parent=root)
    other = make_unit(name="Tây Giang", kind="Huyện", level="district", parent=root)
    here = make_unit(name="Chà Vàl", parent=district)
    group = make_group()
    course = make_course(class_periods=3)
    make_course_version(course, lessons=[{"page": 0, "key": "l", "module": 0, "kind": "lesson"}])
    users = {"trainer": make_user(), "colleague": make_user()}
    training_class = make_class(course, unit=district, instructors=(users["trainer"],))
    session = make_session(training_class)
    learner = make_person(full_name="Alăng Thị Mẫu")
    make_posting(learner, unit=here, group=group)
    make_class_entry(training_class, learner)
    far = make_person(full_name="Bhnướch Thị Thử")
    make_posting(far, unit=other, group=group)
    make_class_entry(training_class, far)
    users["learner"], users["stranger"] = make_user(learner), make_user(make_person())
    for name, role, unit in (
        ("trainer", "instructor", root),
        ("colleague", "instructor", other),
        ("manager", "province_manager", root),
        ("leader", "province_leader", root),
        ("focal", "unit_focal", here),
        ("neighbour", "district_focal", other),
    ):
        user = users.setdefault(name, make_user())
        make_role(user, role, unit=unit)
    return training_class, session, learner, far, users


def sign_in(client, user) -> None:
    client.force_login(user)
    device = user.totpdevice_set.create(name="t", confirmed=True)
    session = client.session
    session["otp_device_id"] = device.persistent_id
    session.save()


# Who, the class, her register, the names she reads.
VERDICTS = (
    ("trainer", 200, 200, {"Alăng", "Bhnướch"}),
    ("manager", 200, 200, {"Alăng", "Bhnướch"}),
    ("leader", 200, 404, {"Alăng", "Bhnướch"}),
    ("focal", 200, 404, {"Alăng"}),
    ("learner", 200, 404, set()),
    ("neighbour", 404, 404, set()),
    ("colleague", 404, 404, set()),
    ("stranger", 404, 404, set()),
)


@pytest.mark.parametrize(("who", "page", "register", "names"), VERDICTS)
def test_who_sees_the_class_and_whose_names(client, province, who, page, register, names):
    training_class, session, _learner, _far, users = province
    sign_in(client, users[who])
    response = client.get(training_class.get_absolute_url())
    assert response.status_code == page
    text = response.content.decode().replace(users[who].display_name, "")
    assert {name for name in ("Alăng", "Bhnướch") if name in text} == names
    listed = training_class.title in client.get(reverse("classes")).content.decode()
    assert listed == (page == 200)
    for name in ("register", "register_sheet"):
        assert client.get(reverse(name, args=[session.pk])).status_code == register


@pytest.mark.parametrize(
    "who", ("leader", "focal", "learner", "neighbour", "colleague", "stranger")
)
def test_acts_of_trainers_are_not_found_for_others(client, province, who):
    training_class, session, learner, _far, users = province
    sign_in(client, users[who])
    posts = [
        client.post(session.get_absolute_url(), {f"status-{learner.pk}": "present"}),
        *(
            client.post(reverse(name, args=[session.pk]))
            for name in ("register_close", "register_reopen", "session_cancel")
        ),
        *(
            client.post(reverse(name, args=[training_class.pk]))
            for name in ("class_cancel", "class_new_session")
        ),
    ]
    assert {response.status_code for response in posts} == {404}
    assert AttendanceMark.objects.count() == 0


def test_a_stranger_is_sent_to_sign_in(client, province):
    training_class, session, *_rest = province
    for address in (
        reverse("classes"),
        training_class.get_absolute_url(),
        session.get_absolute_url(),
    ):
        assert client.get(address).status_code == 302
        assert client.post(address).status_code in {302, 405}


def test_register_saves_what_was_tapped_and_undoes_it(client, province):
    _class, session, learner, far, users = province
    sign_in(client, users["trainer"])
    address = session.get_absolute_url()
    data = {
        f"status-{learner.pk}": "late",
        f"minutes-{learner.pk}": "20",
        f"seen-{learner.pk}": "0",
        f"seen-{far.pk}": "0",
        "all_present": "1",
    }
    assert client.post(address, data).status_code == 302
    marks = {mark.person_id: mark for mark in AttendanceMark.objects.all()}
    assert (marks[learner.pk].status, marks[learner.pk].periods) == ("late", [2, 3])
    assert (marks[far.pk].status, marks[far.pk].marked_by) == ("present", users["trainer"])
    undo = {
        "undo": f"{learner.pk}-{marks[learner.pk].pk}",
        f"status-{far.pk}": "absent",
        f"seen-{far.pk}": str(marks[far.pk].pk),
    }
    for _click in range(2):
        response = client.post(address, undo)
        assert response.status_code == 200
        # What was tapped for the other stays on the page, unsaved.
        assert response.context["form"][f"status-{far.pk}"].value() == "absent"
    assert [mark.source for mark in AttendanceMark.objects.order_by("pk")] == [
        "trainer",
        "trainer",
        "undo",
    ]


def test_a_colleagues_mark_made_meanwhile_is_shown_with_author_and_time(client, province):
    _class, session, learner, far, users = province
    record_attendance(session, {learner.pk: "absent"}, marked_by=users["manager"], at=AFTER)
    sign_in(client, users["trainer"])
    stale = {
        f"status-{learner.pk}": "present",
        f"seen-{learner.pk}": "0",
        f"status-{far.pk}": "present",
        f"seen-{far.pk}": "0",
    }
    response = client.post(session.get_absolute_url(), stale)
    text = response.content.decode()
    assert response.status_code == 200
    assert users["manager"].display_name in text
    assert "vừa ghi “Vắng không phép” lúc 12:00" in text
    assert AttendanceMark.objects.count() == 1
    # The typed choice is kept, and saving again stands over it.
    form = response.context["form"]
    again = {name: form[name].value() or "" for name in form.fields}
    assert again[f"status-{learner.pk}"] == "present"
    assert client.post(session.get_absolute_url(), again).status_code == 302
    assert AttendanceMark.objects.count() == 3


@pytest.mark.parametrize(
    "bad",
    (
        {"status-{}": "drunk"},
        {"status-{}": "late", "minutes-{}": "abc"},
        {"status-{}": "late", "minutes-{}": "-1"},
        {"status-{}": "late", "minutes-{}": "99999"},
        {"status-{}": "present", "minutes-{}": "5"},
        {"status-{}": "present", "seen-{}": "x"},
    ),
)
def test_bad_input_is_shown_beside_the_field(client, province, bad):
    _class, session, learner, _far, users = province
    sign_in(client, users["trainer"])
    data = {name.format(learner.pk): value for name, value in bad.items()}
    assert client.post(session.get_absolute_url(), data).status_code == 200
    assert AttendanceMark.objects.count() == 0


@pytest.mark.parametrize("undo", ("", "-", "x-y", "1", "9" * 40 + "-1", "٣-1"))
def test_a_broken_undo_changes_nothing(client, province, undo):
    _class, session, *_rest, users = province
    sign_in(client, users["trainer"])
    assert client.post(session.get_absolute_url(), {"undo": undo}).status_code == 200
    assert AttendanceMark.objects.count() == 0


def test_signed_off_register_refuses_and_opens_again(client, province):
    _class, session, learner, _far, users = province
    sign_in(client, users["trainer"])
    client.post(reverse("register_close", args=[session.pk]))
    data = {f"status-{learner.pk}": "present", f"seen-{learner.pk}": "0"}
    assert client.post(session.get_absolute_url(), data).status_code == 200
    assert AttendanceMark.objects.count() == 0
    client.post(reverse("register_reopen", args=[session.pk]))
    assert client.post(session.get_absolute_url(), data).status_code == 302
    assert AttendanceMark.objects.count() == 1


def test_manager_opens_a_class_and_adds_a_session(client, province):
    training_class, *_rest, users = province
    sign_in(client, users["manager"])
    data = {
        "course": training_class.course_id,
        "unit": training_class.unit_id,
        "title": " Lớp  mới ",
        "place": "Thạnh Mỹ",
        "seats": "",
        "instructors": [users["trainer"].pk],
        "note": "",
    }
    assert client.post(reverse("class_new"), data | {"unit": "0"}).status_code == 200
    assert client.post(reverse("class_new"), data).status_code == 302
    made = TrainingClass.objects.get(title="Lớp mới")
    assert [i.user for i in made.instructors.all()] == [users["trainer"]]
    address = reverse("class_new_session", args=[made.pk])
    when = {"day": "26/11/2026", "starts": "08:00", "ends": "10:15", "periods": ["1", "2", "3"]}
    for wrong in (
        {"day": "31/02/2024"},
        {"day": "01/01/9999"},
        {"day": "abc"},
        {"ends": "07:00"},
        {"starts": "25:00"},
        {"periods": []},
        {"periods": ["4"]},
        {"periods": ["x"]},
    ):
        assert client.post(address, when | wrong).status_code == 200
    assert client.post(address, when).status_code == 302
    session = ClassSession.objects.get(training_class=made)
    assert (session.starts_at, session.periods) == (
        datetime(2026, 11, 26, 1, 0, tzinfo=UTC),
        [1, 2, 3],
    )


def test_focal_person_nominates_her_own_people_only(client, province):
    training_class, _session, learner, far, users = province
    mine = make_person(full_name="Coor Văn Mẫu")
    make_posting(mine, unit=learner.postings.get().unit, group=learner.postings.get().group)
    strange = make_person(full_name="Coor Văn Khác")
    sign_in(client, users["focal"])
    page = client.get(training_class.get_absolute_url(), {"tim": "coor"}).content.decode()
    assert "Coor Văn Mẫu" in page
    assert "Coor Văn Khác" not in page
    address = reverse("class_add_person", args=[training_class.pk])
    for person, status in ((mine, 302), (mine, 302), (strange, 404)):
        assert client.post(address, {"person": person.pk}).status_code == status
    assert client.post(address, {"person": "x"}).status_code == 404
    off = reverse("class_remove_person", args=[training_class.pk])
    assert client.post(off, {"person": far.pk}).status_code == 404
    assert client.post(off, {"person": mine.pk}).status_code == 302
    standing = ClassRosterEntry.objects.filter(removed_at__isnull=True)
    assert set(standing.values_list("person_id", flat=True)) == {learner.pk, far.pk}


@pytest.mark.parametrize("people", (2, 12))
@pytest.mark.parametrize(
    ("name", "most"), (("class", 18), ("register", 11), ("register_sheet", 11), ("classes", 14))
)
def test_pages_cost_a_fixed_number_of_queries(
    client, province, name, most, people, django_assert_max_num_queries
):
    training_class, session, learner, _far, users = province
    for _ in range(people):
        person = make_person()
        make_posting(person, unit=make_unit(), group=learner.postings.get().group)
        make_class_entry(training_class, person)
        if name == "classes":
            make_session(make_class(training_class.course, instructors=(users["trainer"],)))
    sign_in(client, users["trainer"])
    key = {"class": training_class.pk, "classes": None}.get(name, session.pk)
    address = reverse(name, args=[key] if key else [])
    client.get(address)
    with django_assert_max_num_queries(most):
        assert client.get(address).status_code == 200
