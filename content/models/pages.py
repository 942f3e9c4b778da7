"""The page tree: home, courses, modules, lessons, quizzes.

Pages are the identities (``docs/decisions.md`` 15): moving or renaming keeps them, and ``key`` lets
a loader find them again. Learner state never comes from here; templates ask ``courses`` for it.
"""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalManyToManyField
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.fields import RichTextField, StreamField
from wagtail.models import Page
from wagtail.search import index

from content.blocks import AimsBlock, ClassPlanBlock, HomeBlock, LessonBlock
from lms.people.text import fold


class Edition(models.TextChoices):
    FIRST = "first", _("Being written")
    SECOND = "second", _("Complete")


class CertificateMode(models.TextChoices):
    ON_COMPLETION = "on_completion", _("On completion")
    BY_DECISION = "by_decision", _("By decision of the department")


class LessonKind(models.TextChoices):
    LESSON = "lesson", _("Lesson")
    SCENARIO = "scenario", _("Case scenario")


class QuizKind(models.TextChoices):
    PRE = "pre", _("Pre-test")
    PRACTICE = "practice", _("Practice")
    POST = "post", _("Post-test")


class FoldedSearchMixin:
    """Search without diacritics on every database: a second, folded field."""

    def folded_title(self) -> str:
        return fold(self.title)


FOLDED_FIELDS = [index.SearchField("folded_title"), index.AutocompleteField("folded_title")]


class HomePage(FoldedSearchMixin, Page):
    """The public door: purpose, hotlines, courses, how it works."""

    lead = models.TextField(_("lead"), blank=True)
    announcement = RichTextField(_("announcement"), blank=True, features=["bold", "link"])
    body = StreamField(HomeBlock(), blank=True, verbose_name=_("body"))

    parent_page_types = ["wagtailcore.Page"]
    subpage_types = ["content.CourseIndexPage"]
    content_panels = [
        *Page.content_panels, FieldPanel("lead"), FieldPanel("announcement"), FieldPanel("body")
    ]
    search_fields = [*Page.search_fields, *FOLDED_FIELDS]

    class Meta:
        verbose_name = _("home page")
        verbose_name_plural = _("home pages")


class CourseIndexPage(FoldedSearchMixin, Page):
    """The list of courses."""

    lead = models.TextField(_("lead"), blank=True)

    parent_page_types = ["content.HomePage"]
    subpage_types = ["content.CoursePage"]
    content_panels = [*Page.content_panels, FieldPanel("lead")]
    search_fields = [*Page.search_fields, *FOLDED_FIELDS]

    class Meta:
        verbose_name = _("list of courses")
        verbose_name_plural = _("lists of courses")


class CoursePage(FoldedSearchMixin, Page):
    """A course: its aims, its periods, how it is completed."""

    key = models.SlugField(_("key"), max_length=40, unique=True)
    # A fixed place 0..62 in the bit masks of derived tables; never used again.
    bit = models.PositiveSmallIntegerField(
        unique=True, editable=False, validators=[MaxValueValidator(62)]
    )
    number = models.PositiveSmallIntegerField(_("number"))
    short_title = models.CharField(_("short title"), max_length=60)
    summary = models.TextField(_("summary"), blank=True)
    aims = StreamField(AimsBlock(), blank=True, verbose_name=_("aims"))
    audience = models.CharField(_("for whom"), max_length=300, blank=True)
    edition = models.CharField(_("edition"), max_length=6, choices=Edition, default=Edition.FIRST)
    online_periods = models.PositiveSmallIntegerField(_("online periods (45 minutes)"), default=5)
    class_periods = models.PositiveSmallIntegerField(_("class periods (45 minutes)"), default=3)
    class_plan = StreamField(ClassPlanBlock(), blank=True, verbose_name=_("class plan"))
    class_notes = models.TextField(_("notes for the trainer"), blank=True)
    class_size_max = models.PositiveSmallIntegerField(_("largest class"), default=30)
    gates = ParentalManyToManyField(
        "self", symmetrical=False, blank=True, related_name="opens",
        verbose_name=_("courses to complete first"),
    )
    # Empty = the number of the rule set that is valid on the day.
    pass_mark_percent = models.PositiveSmallIntegerField(
        _("pass mark (%)"), null=True, blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
    )
    attendance_percent = models.PositiveSmallIntegerField(
        _("periods to attend (%)"), null=True, blank=True, validators=[MaxValueValidator(100)]
    )
    certificate_mode = models.CharField(
        _("certificate"), max_length=14, choices=CertificateMode,
        default=CertificateMode.ON_COMPLETION,
    )
    source_hash = models.CharField(max_length=64, blank=True, editable=False)

    parent_page_types = ["content.CourseIndexPage"]
    subpage_types = ["content.ModulePage", "content.QuizPage"]
    content_panels = [
        *Page.content_panels,
        MultiFieldPanel(
            [FieldPanel("key"), FieldPanel("number"), FieldPanel("short_title"),
             FieldPanel("summary"), FieldPanel("aims"), FieldPanel("audience"),
             FieldPanel("edition")],
            heading=_("About the course"),
        ),
        MultiFieldPanel(
            [FieldPanel("online_periods"), FieldPanel("class_periods"), FieldPanel("class_plan"),
             FieldPanel("class_notes"), FieldPanel("class_size_max")],
            heading=_("Periods and class"),
        ),
        MultiFieldPanel(
            [FieldPanel("gates"), FieldPanel("pass_mark_percent"),
             FieldPanel("attendance_percent"), FieldPanel("certificate_mode")],
            heading=_("Completion"),
        ),
    ]
    search_fields = [*Page.search_fields, *FOLDED_FIELDS, index.SearchField("summary")]

    class Meta:
        verbose_name = _("course")
        verbose_name_plural = _("courses")
        constraints = [
            models.CheckConstraint(condition=Q(bit__lte=62), name="content_coursepage_bit_range"),
        ]


class ModulePage(FoldedSearchMixin, Page):
    """A chapter of a course; it has no text of its own and leads to the course's outline."""

    key = models.CharField(_("key"), max_length=40, unique=True)
    source_hash = models.CharField(max_length=64, blank=True, editable=False)

    parent_page_types = ["content.CoursePage"]
    subpage_types = ["content.LessonPage"]
    content_panels = [*Page.content_panels, FieldPanel("key")]
    search_fields = [*Page.search_fields, *FOLDED_FIELDS]

    class Meta:
        verbose_name = _("module")
        verbose_name_plural = _("modules")


class LessonPage(FoldedSearchMixin, Page):
    """A lesson, or the course's case scenario."""

    key = models.CharField(_("key"), max_length=40, unique=True)
    kind = models.CharField(_("kind"), max_length=8, choices=LessonKind, default=LessonKind.LESSON)
    summary = models.CharField(_("summary"), max_length=300, blank=True)
    minutes = models.PositiveSmallIntegerField(_("reading time (minutes)"), default=10)
    is_required = models.BooleanField(_("needed for completion"), default=True)
    edition = models.CharField(_("edition"), max_length=6, choices=Edition, default=Edition.FIRST)
    body = StreamField(LessonBlock(), blank=True, verbose_name=_("body"))
    # Hash of the source file last loaded and of what the loader wrote: tells a trainer's change.
    source_hash = models.CharField(max_length=64, blank=True, editable=False)
    loaded_hash = models.CharField(max_length=64, blank=True, editable=False)
    latest_version = models.ForeignKey(
        "content.LessonVersion", models.PROTECT, null=True, blank=True, editable=False,
        related_name="+",
    )

    parent_page_types = ["content.ModulePage"]
    subpage_types: list[str] = []
    content_panels = [
        *Page.content_panels,
        FieldPanel("summary"),
        MultiFieldPanel(
            [FieldPanel("key"), FieldPanel("kind"), FieldPanel("minutes"),
             FieldPanel("is_required"), FieldPanel("edition")],
            heading=_("About the lesson"),
        ),
        FieldPanel("body"),
    ]
    search_fields = [*Page.search_fields, *FOLDED_FIELDS, index.SearchField("summary"),
                     index.SearchField("body")]

    class Meta:
        verbose_name = _("lesson")
        verbose_name_plural = _("lessons")


class QuizPage(FoldedSearchMixin, Page):
    """A quiz of a course: fixed questions, or a draw by the matrix."""

    key = models.CharField(_("key"), max_length=40, unique=True)
    quiz_kind = models.CharField(_("kind"), max_length=8, choices=QuizKind)
    question_count = models.PositiveSmallIntegerField(_("questions"), default=10)
    # NULL = no time limit.
    time_limit_minutes = models.PositiveSmallIntegerField(
        _("time (minutes)"), null=True, blank=True
    )
    # {by_type: {SC: 3, …, ORD_OR_MAT: 1, ANY: 1}, min_per_module, max_from_pre_test, min_safety,
    #  min_confidentiality, min_validity}; empty for a quiz of fixed questions.
    matrix = models.JSONField(_("matrix"), default=dict, blank=True)
    fixed_questions = ParentalManyToManyField(
        "content.Question", blank=True, related_name="fixed_in", verbose_name=_("fixed questions")
    )
    source_hash = models.CharField(max_length=64, blank=True, editable=False)

    parent_page_types = ["content.CoursePage"]
    subpage_types: list[str] = []
    content_panels = [
        *Page.content_panels, FieldPanel("key"), FieldPanel("quiz_kind"),
        FieldPanel("question_count"), FieldPanel("time_limit_minutes"),
        FieldPanel("fixed_questions"), FieldPanel("matrix"),
    ]
    search_fields = [*Page.search_fields, *FOLDED_FIELDS]

    class Meta:
        verbose_name = _("quiz")
        verbose_name_plural = _("quizzes")
