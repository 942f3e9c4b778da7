"""Addresses of classes; ``courses.urls`` includes them."""

from django.urls import path

from courses import class_views, register_views

urlpatterns = [
    path("lop/", class_views.class_list, name="classes"),
    path("lop/mo-lop/", class_views.new_class, name="class_new"),
    path("lop/<int:class_id>/", class_views.class_page, name="class"),
    path("lop/<int:class_id>/them-nguoi/", class_views.add_person, name="class_add_person"),
    path("lop/<int:class_id>/bo-ten/", class_views.remove_person, name="class_remove_person"),
    path("lop/<int:class_id>/them-buoi/", class_views.new_session, name="class_new_session"),
    path("lop/<int:class_id>/huy/", class_views.cancel, name="class_cancel"),
    path("lop/buoi/<int:session_id>/diem-danh/", register_views.register, name="register"),
    path(
        "lop/buoi/<int:session_id>/diem-danh/dong/",
        register_views.close,
        name="register_close",
    ),
    path(
        "lop/buoi/<int:session_id>/diem-danh/mo-lai/",
        register_views.reopen,
        name="register_reopen",
    ),
    path("lop/buoi/<int:session_id>/danh-sach-in/", register_views.sheet, name="register_sheet"),
    path("lop/buoi/<int:session_id>/huy/", register_views.cancel, name="session_cancel"),
]
