"""Addresses of figures, of my learning and of training records."""

from django.urls import path, register_converter

from lms.target.exports import FORMS, TABLES
from lms.target.views import learning, progress, records


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
    path("tien-do/xuat-ten/", progress.names_file, name="names_file"),
    path("tien-do/<target_table:table>.<target_form:form>", progress.table_file, name="table_file"),
    path("can-bo/", records.staff_list, name="staff"),
    path("can-bo/<int:person_id>/", records.record, name="record"),
]
