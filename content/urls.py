"""Recordings of lessons, and the guard before the deletion of files.

Pages are served by Wagtail and by ``courses``. The guards stand ahead of Wagtail's own addresses.
"""

from django.urls import path
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtailmedia.models import get_media_model

from content import deletion, views

urlpatterns = [
    path("tep/<int:media_id>/", views.media_file, name="content_media"),
    path("admin/images/<int:pk>/delete/", deletion.delete_file, {"model": get_image_model()}),
    path("admin/documents/<int:pk>/delete/", deletion.delete_file, {"model": get_document_model()}),
    path("admin/documents/delete/<int:pk>/", deletion.delete_file, {"model": get_document_model()}),
    path("admin/media/delete/<int:pk>/", deletion.delete_file, {"model": get_media_model()}),
    path("admin/bulk/<str:app_label>/<str:model_name>/delete/", deletion.delete_many),
]
