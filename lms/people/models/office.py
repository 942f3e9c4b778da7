"""The office that runs the portal: data, because duties move from agency to agency."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.contrib.settings.models import BaseGenericSetting, register_setting


@register_setting(icon="cog")
class OfficeSettings(BaseGenericSetting):
    """Owner, signer, logo and hotlines; edited in the admin, read through ``lms.people.office``."""

    portal_name = models.CharField(
        _("name of the portal"),
        max_length=160,
        default="Cổng tập huấn hỗ trợ nạn nhân bị mua bán – Quảng Nam",
    )
    portal_name_short = models.CharField(
        _("short name of the portal"), max_length=60, default="Cổng tập huấn Quảng Nam"
    )
    province_name = models.CharField(_("province"), max_length=80, default="Quảng Nam")
    parent_agency = models.CharField(
        _("parent agency"), max_length=160, default="UBND tỉnh Quảng Nam"
    )
    owner_name = models.CharField(
        _("owner of the training"),
        max_length=160,
        default="Sở Lao động – Thương binh và Xã hội tỉnh Quảng Nam",
    )
    owner_short_name = models.CharField(_("short name"), max_length=60, default="Sở LĐ-TB&XH")
    signer_authority = models.CharField(
        _("signs for"), max_length=80, blank=True, help_text=_("For example: TM., KT. GIÁM ĐỐC")
    )
    signer_title = models.CharField(_("signer's title"), max_length=80, default="Giám đốc")
    signer_name = models.CharField(_("signer's name"), max_length=120, blank=True)
    place_name = models.CharField(_("place of issue"), max_length=80, default="Quảng Nam")
    certificate_symbol = models.CharField(
        _("symbol in the register"), max_length=20, default="GCN-TH"
    )
    logo = models.ForeignKey(
        "wagtailimages.Image", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    hotlines = models.TextField(
        _("hotlines"),
        default="111|Tổng đài quốc gia về phòng, chống mua bán người, 24 giờ, miễn phí\n"
        "18001581|Tổng đài của tỉnh (theo kế hoạch năm 2024)",
        help_text=_("One a line: number|what it is for"),
    )
    help_email = models.EmailField(_("help by e-mail"), blank=True)
    help_phone = models.CharField(_("help by phone"), max_length=20, blank=True)
    quick_exit_url = models.URLField(
        _("where the quick exit leads"), default="https://vi.wikipedia.org/"
    )

    panels = [
        MultiFieldPanel(
            [
                FieldPanel("portal_name"),
                FieldPanel("portal_name_short"),
                FieldPanel("province_name"),
                FieldPanel("parent_agency"),
                FieldPanel("owner_name"),
                FieldPanel("owner_short_name"),
                FieldPanel("logo"),
            ],
            heading=_("Who runs the portal"),
        ),
        MultiFieldPanel(
            [
                FieldPanel("signer_authority"),
                FieldPanel("signer_title"),
                FieldPanel("signer_name"),
                FieldPanel("place_name"),
                FieldPanel("certificate_symbol"),
            ],
            heading=_("Certificates"),
        ),
        MultiFieldPanel(
            [
                FieldPanel("hotlines"),
                FieldPanel("help_email"),
                FieldPanel("help_phone"),
                FieldPanel("quick_exit_url"),
            ],
            heading=_("Help"),
        ),
    ]

    class Meta:
        verbose_name = _("Office")

    def __str__(self) -> str:
        return self.owner_name
