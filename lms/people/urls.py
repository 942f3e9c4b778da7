"""Addresses of accounts: Vietnamese words without diacritics."""

from django.urls import path

from lms.people.views import account, codes, desk, roles, second_factor, sign_in

app_name = "people"

urlpatterns = [
    path("dang-nhap/", sign_in.sign_in, name="sign_in"),
    path("dang-xuat/", sign_in.sign_out, name="sign_out"),
    path("quen-mat-khau/", codes.forgotten_password, name="forgotten_password"),
    path("quen-mat-khau/da-gui/", codes.reset_sent, name="reset_sent"),
    path(
        "quen-mat-khau/<slug:code>/",
        codes.open_account,
        {"is_reset": True},
        name="reset_password",
    ),
    path("ma-lan-dau/", codes.open_account, name="first_sign_in"),
    path("ma-lan-dau/<slug:code>/", codes.open_account, name="open_account"),
    path("tai-khoan/", account.account, name="account"),
    path("tai-khoan/mat-khau/", account.change_password, name="change_password"),
    path("thong-bao/", account.notice, name="notice"),
    path("xac-thuc/", second_factor.second_factor, name="second_factor"),
    path("xac-thuc/dang-ky/", second_factor.enrol, name="enrol"),
    path("xac-thuc/ma-du-phong/", second_factor.recovery_codes, name="recovery_codes"),
    path("tai-khoan-don-vi/", desk.accounts, name="accounts"),
    path("can-bo/<int:person_id>/tai-khoan/", desk.person_account, name="person_account"),
    path("can-bo/<int:person_id>/vai-tro/", roles.person_roles, name="person_roles"),
    path("sai-thong-tin/", desk.ask, name="ask_correction"),
    path("yeu-cau-sua/", desk.corrections, name="corrections"),
    path("yeu-cau-sua/<int:request_id>/", desk.correction, name="correction"),
]
