"""Addresses of learning, all ahead of Wagtail's catch-all (``docs/decisions.md`` 21)."""

from django.urls import include, path

from courses.views import past, recognition
from courses.views.completions import completion, review_list
from courses.views.courses import begin, course
from courses.views.lessons import lesson, lesson_done
from courses.views.scenarios import scenario_answer

LESSON = "khoa-hoc/<slug:course_slug>/<slug:module_slug>/<slug:lesson_slug>/"

urlpatterns = [
    path("khoa-hoc/<slug:course_slug>/", course, name="course"),
    # Before the quizzes, whose address has the same shape.
    path("khoa-hoc/<slug:course_slug>/bat-dau/", begin, name="course_begin"),
    path("", include("courses.quizzes.urls")),
    path("", include("courses.class_urls")),
    path("hoan-thanh/xem-lai/", review_list, name="completion_reviews"),
    path("hoan-thanh/<uuid:logical_id>/", completion, name="completion"),
    path("viec-hoc/cong-nhan/", recognition.my_papers, name="recognitions_mine"),
    path("viec-hoc/cong-nhan/moi/", recognition.new_paper, name="recognition_new"),
    path("can-bo/<int:person_id>/cong-nhan/", recognition.paper_for, name="recognition_for"),
    path("cong-nhan/", recognition.papers, name="recognitions"),
    path("cong-nhan/nhap-excel/", past.past_lists, name="past_lists"),
    path("cong-nhan/nhap-excel/mau.xlsx", past.past_template, name="past_template"),
    path("cong-nhan/nhap-excel/<int:list_id>/", past.past_list, name="past_list"),
    path(
        "cong-nhan/nhap-excel/<int:list_id>/bi-tu-choi.xlsx",
        past.past_refused,
        name="past_refused",
    ),
    path("cong-nhan/<int:training_id>/", recognition.paper, name="recognition"),
    path("cong-nhan/<int:training_id>/tep/", recognition.evidence, name="recognition_evidence"),
    path("cong-nhan/<int:training_id>/xoa-tep/", recognition.erase, name="recognition_erase"),
    path(LESSON, lesson, name="lesson"),
    path(f"{LESSON}xong/", lesson_done, name="lesson_done"),
    path(f"{LESSON}tinh-huong/", scenario_answer, name="scenario_answer"),
]
