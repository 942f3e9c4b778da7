"""Addresses below ``/bao-cao/``; included by ``lms.target.urls``."""

from django.urls import path, register_converter

from lms.target.reports.documents import DOCUMENTS
from lms.target.reports.sheets import TABLES
from lms.target.sheets import FORMS
from lms.target.views import reports


class WordConverter:
    """One of a few words; anything else is no address."""

    words: tuple[str, ...] = ()

    def __init_subclass__(cls) -> None:
        cls.regex = "|".join(cls.words)

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class DocumentConverter(WordConverter):
    words = tuple(DOCUMENTS)


class DocumentFormConverter(WordConverter):
    words = ("docx", "pdf")


class TableConverter(WordConverter):
    words = tuple(TABLES)


class TableFormConverter(WordConverter):
    words = FORMS


register_converter(DocumentConverter, "report_document")
register_converter(DocumentFormConverter, "report_document_form")
register_converter(TableConverter, "report_table")
register_converter(TableFormConverter, "report_table_form")

urlpatterns = [
    path("", reports.reports, name="reports"),
    path("chot/", reports.freeze_period, name="freeze"),
    path("<int:pk>/", reports.report, name="report"),
    path("<int:pk>/dinh-chinh/", reports.correct_report, name="report_correct"),
    path("<int:pk>/khac-biet/", reports.differences, name="report_differences"),
    path("<int:pk>/kiem-tra/", reports.check_report, name="report_check"),
    path("<int:pk>/xoa-noi-dung/", reports.erase_report, name="report_erase"),
    path("<int:pk>/phu-luc-ten/", reports.names_file, name="report_names"),
    path(
        "<int:pk>/bang/<report_table:table>.<report_table_form:form>",
        reports.table_file,
        name="report_table",
    ),
    path(
        "<int:pk>/<report_document:document>.<report_document_form:form>",
        reports.document_file,
        name="report_document",
    ),
]
