"""Images, videos and documents. Nothing heavy loads before it is asked for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError
from wagtail.documents.blocks import DocumentChooserBlock
from wagtail.images import get_image_model
from wagtail.images.blocks import ImageChooserBlock
from wagtailmedia.blocks import VideoChooserBlock

from content.blocks.reviewed import RICH_FEATURES

# The one size of a picture in a lesson, made when the lesson is published.
PICTURE_FILTER = "max-800x800|format-webp|webpquality-75"
# Hosts of videos that a lesson may lead to; the page itself never loads anything from them.
VIDEO_HOSTS = frozenset(
    {
        "www.youtube.com",
        "youtube.com",
        "m.youtube.com",
        "youtu.be",
        "vimeo.com",
        "player.vimeo.com",
        "vtv.vn",
        "www.vtv.vn",
        "vtvgo.vn",
    }
)


class PictureChooserBlock(ImageChooserBlock):
    """An image with its rendition fetched in the same batch, however many a lesson has."""

    def bulk_to_python(self, values: Iterable[Any]) -> list[Any]:
        images = get_image_model().objects.prefetch_renditions(PICTURE_FILTER).in_bulk(values)
        return [images.get(pk) for pk in values]


class ImageBlock(blocks.StructBlock):
    image = PictureChooserBlock(label=_("Image"))
    alt_text = blocks.CharBlock(
        max_length=300,
        label=_("Text instead of the image"),
        help_text=_("What somebody who cannot see it needs to know."),
    )
    caption = blocks.CharBlock(required=False, max_length=300, label=_("Caption"))

    def get_preview_value(self) -> Any:
        return self.normalize(
            {
                "image": get_image_model().objects.first(),
                "alt_text": "Sơ đồ phòng gặp nhìn từ trên",
                "caption": "Sơ đồ phòng gặp: người được gặp ngồi gần và nhìn thấy lối ra.",
            }
        )

    class Meta:
        label = _("Image")
        icon = "image"
        group = _("Media")
        template = "content/blocks/image.html"
        description = _("A diagram or a still object, never a person in need; with words for it.")


def is_allowed_video(address: str) -> bool:
    """Tell whether a lesson may lead to ``address``: HTTPS, and a host of the list."""
    parts = urlsplit(address)
    return parts.scheme == "https" and parts.hostname in VIDEO_HOSTS


class VideoBlock(blocks.StructBlock):
    """An uploaded video, or a link that opens on tap; the transcript is always there."""

    title = blocks.CharBlock(max_length=160, label=_("Title"))
    video = VideoChooserBlock(required=False, label=_("Uploaded video"))
    link = blocks.URLBlock(
        required=False, label=_("or a link"), help_text=_("YouTube, Vimeo or VTV; opens on tap.")
    )
    size_note = blocks.CharBlock(
        required=False,
        max_length=80,
        label=_("Length and size"),
        help_text=_("For example: 3 minutes, 9.6 MB"),
    )
    transcript = blocks.RichTextBlock(features=RICH_FEATURES, label=_("Transcript"))

    def clean(self, value: blocks.StructValue) -> blocks.StructValue:
        cleaned = super().clean(value)
        if bool(cleaned["video"]) == bool(cleaned["link"]):
            message = gettext("Choose an uploaded video or give a link, one of the two.")
            raise StructBlockValidationError({"link": ValidationError(message)})
        if cleaned["link"] and not is_allowed_video(cleaned["link"]):
            message = gettext("Only links to YouTube, Vimeo or VTV that begin with https://.")
            raise StructBlockValidationError({"link": ValidationError(message)})
        return cleaned

    class Meta:
        label = _("Video")
        icon = "media"
        group = _("Media")
        template = "content/blocks/video.html"
        description = _("Loads only on tap; its transcript can be read instead.")
        preview_value = {
            "title": "Mở đầu cuộc gặp trong ba phút",
            "video": None,
            "link": "https://www.youtube.com/watch?v=vi-du",
            "size_note": "3 phút 12 giây",
            "transcript": "<p><b>Cán bộ:</b> Chào chị, em làm ở Ủy ban xã.</p>",
        }


class DocumentBlock(blocks.StructBlock):
    document = DocumentChooserBlock(label=_("Document"))
    title = blocks.CharBlock(max_length=160, label=_("Title"))
    note = blocks.CharBlock(required=False, max_length=200, label=_("Note"))

    def get_preview_value(self) -> Any:
        return self.normalize(
            {"document": None, "title": "Phiếu ghi nhận ban đầu (mẫu in)", "note": "DOCX, 32 KB"}
        )

    class Meta:
        label = _("Document")
        icon = "doc-full-inverse"
        group = _("Media")
        template = "content/blocks/document.html"
        description = _("A form or a text to download; learners sign in to open it.")
