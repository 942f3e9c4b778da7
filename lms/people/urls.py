"""Addresses of accounts and units: Vietnamese words without diacritics."""

from django.urls import path

from lms.people.views import (
    account,
    announcements,
    batches,
    codes,
    desk,
    merging,
    reorganisations,
    roles,
    second_factor,
    sign_in,
    staffing,
    units,
    workbooks,
)

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
    path("can-bo/nhap-excel/", workbooks.staff_imports, name="staff_imports"),
    path("can-bo/nhap-excel/mau/", workbooks.staff_workbook, name="staff_workbook"),
    path("can-bo/nhap-excel/<int:import_id>/", workbooks.staff_import, name="staff_import"),
    path(
        "can-bo/nhap-excel/<int:import_id>/dong-chua-nhan/",
        workbooks.staff_import_refused,
        name="staff_import_refused",
    ),
    path("can-bo/<int:person_id>/tai-khoan/", desk.person_account, name="person_account"),
    path("can-bo/<int:person_id>/vai-tro/", roles.person_roles, name="person_roles"),
    path("can-bo/them/", staffing.add, name="staff_add"),
    path("can-bo/hang-loat/", batches.bulk, name="staff_bulk"),
    path("can-bo/dot-cap-nhat/", batches.batches, name="batches"),
    path("can-bo/dot-cap-nhat/<int:batch_id>/", batches.batch, name="batch"),
    path("can-bo/<int:person_id>/gop/", merging.merge_records, name="staff_merge"),
    path("can-bo/<int:person_id>/nhiem-vu/", staffing.duties, name="staff_duties"),
    *(
        path(f"can-bo/<int:person_id>/{word}/", staffing.act, {"kind": kind}, name=f"staff_{kind}")
        for kind, word in {
            "edit": "sua",
            "transfer": "chuyen",
            "concurrent": "kiem-nhiem",
            "leave": "nghi",
            "end": "thoi-nhiem-vu",
            "rejoin": "tro-lai",
        }.items()
    ),
    path(
        "can-bo/<int:person_id>/nhiem-vu/<uuid:logical_id>/sua/",
        staffing.fact,
        {"way": "correct"},
        name="staff_correct",
    ),
    path(
        "can-bo/<int:person_id>/nhiem-vu/<uuid:logical_id>/thu-hoi/",
        staffing.fact,
        {"way": "take_back"},
        name="staff_take_back",
    ),
    path("thong-bao-chung/", announcements.announcements, name="announcements"),
    path("thong-bao-chung/moi/", announcements.announcement, name="announcement_new"),
    path(
        "thong-bao-chung/<int:announcement_id>/sua/",
        announcements.announcement,
        name="announcement",
    ),
    path("sai-thong-tin/", desk.ask, name="ask_correction"),
    path("yeu-cau-sua/", desk.corrections, name="corrections"),
    path("yeu-cau-sua/<int:request_id>/", desk.correction, name="correction"),
    path("don-vi/", units.units, name="units"),
    path("don-vi/sap-xep/", reorganisations.reorganisations, name="reorganisations"),
    path("don-vi/sap-xep/nop-tep/", reorganisations.from_file, name="reorganisation_file"),
    path("don-vi/sap-xep/moi/", reorganisations.by_hand, name="reorganisation_new"),
    path(
        "don-vi/sap-xep/<int:reorganisation_id>/",
        reorganisations.reorganisation,
        name="reorganisation",
    ),
    path(
        "don-vi/sap-xep/<int:reorganisation_id>/can-bo/",
        reorganisations.reorganisation_people,
        name="reorganisation_people",
    ),
    path(
        "don-vi/sap-xep/<int:reorganisation_id>/cho-xep/",
        reorganisations.reorganisation_place,
        name="reorganisation_place",
    ),
]
