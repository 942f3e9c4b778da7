"""Addresses of certificates and of their public check."""

from django.urls import path

from certificates import desk_views, views

urlpatterns = [
    path("chung-nhan/", views.my_certificates, name="certificates"),
    path("chung-nhan/cap/", desk_views.issue, name="certificates_issue"),
    path("chung-nhan/<int:certificate_id>/", views.certificate, name="certificate"),
    path("chung-nhan/<int:certificate_id>/tai-ve/", views.download, name="certificate_download"),
    path(
        "chung-nhan/<int:certificate_id>/cap-lai/",
        desk_views.reissue_one,
        name="certificate_reissue",
    ),
    path(
        "chung-nhan/<int:certificate_id>/thu-hoi/",
        desk_views.revoke_one,
        name="certificate_revoke",
    ),
    path(
        "chung-nhan/<int:certificate_id>/lam-lai-ban-in/",
        desk_views.draw_again,
        name="certificate_draw_again",
    ),
    path("kiem-tra/", views.verify_form, name="verify_form"),
    path("kiem-tra/<path:code>/", views.verify, name="verify_certificate"),
]
