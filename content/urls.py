"""Recordings of lessons; pages are served by Wagtail and by ``courses``."""

from django.urls import path

from content import views

urlpatterns = [
    path("tep/<int:media_id>/", views.media_file, name="content_media"),
]
