"""Addresses of figures, of my learning and of training records."""

from django.urls import include, path, register_converter

from lms.target.exports import TABLES
from lms.target.sheets import FORMS
from lms.target.views import (
    baselines,
    bridge,
    desk,
    dossier,
    goals,
    integrity,
    learning,
    ledger,
    matrix,
    periods,
    progress,
    records,
    refreshers,
    reminders,
    rosters,
    rules,
    tiers,
    units,
)


class TableConverter:
    regex = "|".join(TABLES)

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class FormConverter(TableConverter):
    regex = "|".join(FORMS)


register_converter(TableConverter, "target_table")
register_converter(FormConverter, "target_form")

app_name = "target"

urlpatterns = [
    path("viec-hoc/", learning.learning, name="learning"),
    path("tien-do/", progress.progress, name="progress"),
    path("tien-do/bien-dong/", bridge.bridge_page, name="bridge"),
    path("tien-do/so-mau-so/", ledger.ledger_page, name="ledger"),
    path("tien-do/so-mau-so/tep/", ledger.ledger_file, name="ledger_file"),
    path("tien-do/xuat-ten/", progress.names_file, name="names_file"),
    path("tien-do/<target_table:table>.<target_form:form>", progress.table_file, name="table_file"),
    path("chi-tieu/", goals.targets, name="targets"),
    path("chi-tieu/khoa-bat-buoc/", matrix.matrix, name="matrix"),
    path("chi-tieu/nhom-vi-tri/", tiers.tiers, name="tiers"),
    path("chi-tieu/ky-bao-cao/", periods.periods, name="periods"),
    path("chi-tieu/ky-bao-cao/<int:pk>/", periods.period, name="period"),
    path("chi-tieu/hoc-lai/", refreshers.refreshers, name="refreshers"),
    path("chi-tieu/quy-tac/", rules.rules, name="rules"),
    path("chi-tieu/so-lieu-truoc/", baselines.baselines, name="baselines"),
    path("chi-tieu/so-lieu-truoc/moi/", baselines.baselines_new, name="baselines_new"),
    path("chi-tieu/so-lieu-truoc/<uuid:logical_id>/", baselines.baseline, name="baseline"),
    path("chi-tieu/moi/", goals.target_new, name="target_new"),
    path("chi-tieu/<int:target_id>/", goals.target, name="target"),
    path("chi-tieu/<int:target_id>/sua/", goals.target_change, name="target_change"),
    path("chi-tieu/<int:target_id>/thoi/", goals.target_end, name="target_end"),
    path("chi-tieu/<int:target_id>/hoan-tac/", goals.target_undo, name="target_undo"),
    path("ban-lam-viec/", desk.department, name="desk"),
    path("ban-lam-viec/dau-moi/", desk.focals, name="focals"),
    path("danh-sach/", rosters.rosters, name="rosters"),
    path("danh-sach/<slug:key>/<int:unit_id>/", rosters.roster, name="roster"),
    path("danh-sach/<slug:key>/<int:unit_id>/tep/", rosters.roster_file, name="roster_file"),
    path("bao-cao/", include("lms.target.reports.urls")),
    path("can-bo/", records.staff_list, name="staff"),
    path("can-bo/<int:person_id>/", records.record, name="record"),
    path("so-lieu/", integrity.integrity, name="integrity"),
    path("so-lieu/<slug:name>/sua/", integrity.integrity_mend, name="integrity_mend"),
    path("can-bo/<int:person_id>/ho-so.pdf", dossier.record_file, name="record_file"),
    path("can-bo/<int:person_id>/kiem-chung/", dossier.bundle, name="bundle"),
    path("nhac-viec/", reminders.reminders, name="reminders"),
    path("nhac-viec/in/", reminders.printed, name="reminders_printed"),
    path("nhac-viec/mau-thu/", reminders.texts, name="notice_texts"),
    path("nhac-viec/mau-thu/<slug:kind>/", reminders.text, name="notice_text"),
    path("don-vi/<int:unit_id>/", units.unit, name="unit"),
]
