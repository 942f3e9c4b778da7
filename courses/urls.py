"""Addresses of learning, all ahead of Wagtail's catch-all (``docs/decisions.md`` 21)."""

from django.urls import include, path

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
    path(LESSON, lesson, name="lesson"),
    path(f"{LESSON}xong/", lesson_done, name="lesson_done"),
    path(f"{LESSON}tinh-huong/", scenario_answer, name="scenario_answer"),
]
