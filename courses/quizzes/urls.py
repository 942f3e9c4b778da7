"""Addresses of quizzes and attempts; ``courses.urls`` includes them ahead of Wagtail's."""

from django.urls import path

from courses.quizzes import views

urlpatterns = [
    path("khoa-hoc/<slug:course>/<slug:slug>/", views.quiz, name="quiz"),
    path("luot-lam-bai/<int:attempt_id>/", views.attempt, name="attempt"),
    path("luot-lam-bai/<int:attempt_id>/nop/", views.submit, name="attempt_submit"),
    path("luot-lam-bai/<int:attempt_id>/ket-qua/", views.result, name="attempt_result"),
]
