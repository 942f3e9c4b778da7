"""Telling people what is coming: each step once, a copy to the focal person, a row as evidence.

A reminder, its letter and its row are one transaction; the row's unique key makes a second run, or
two at once, tell nobody twice. Whoever has no e-mail address stands on the list that her focal
person prints and hands over.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.urls import reverse

from content.models import CoursePage
from lms.notices.models import Channel
from lms.notices.sending import queue_notice
from lms.people import audit
from lms.people.days import local_day
from lms.people.focals import focals_of
from lms.people.models import StaffMember, Unit, User
from lms.people.office import office
from lms.people.scopes import ANSWERING_ROLES
from lms.people.units import names_on
from lms.target.figures import bits_of
from lms.target.models.reminders import (
    Reminder,
    ReminderCopy,
    ReminderHandover,
    ReminderKind,
)
from lms.target.reminders.coming import Coming, coming
from lms.target.reminders.texts import COPY_KIND, DUE_KIND, EXPIRY_KIND

BATCH = 500
# A copy names so many people; the whole list is behind its link.
MOST_NAMES = 50


@dataclass(frozen=True)
class Told:
    """How many were told by e-mail, how many stand on printed lists, how many copies went out."""

    email_count: int = 0
    print_count: int = 0
    copy_count: int = 0


def remind(*, at: datetime) -> Told:
    """Tell everybody whose step has come on the day of ``at``; safe to repeat and to run twice.

    A transaction a batch: a run that is killed has told whom it has told, and the next goes on.
    """
    day = local_day(at)
    titles = {course.bit: course.title for course in CoursePage.objects.order_by("number")}
    counts: dict[str, int] = defaultdict(int)
    for batch in batches(coming(day), BATCH):
        for channel in remind_batch(batch, titles=titles, at=at):
            counts[channel] += 1
    copies = send_copies(day, at=at)
    return Told(counts[Channel.EMAIL], counts[Channel.PRINT], copies)


def batches(items: Iterable[Coming], size: int) -> Iterator[list[Coming]]:
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


def remind_batch(batch: list[Coming], *, titles: dict[int, str], at: datetime) -> list[str]:
    """Tell the people of ``batch`` who were not told of this step; return the channels used."""
    person_ids = {each.person_id for each in batch}
    told = set(
        Reminder.objects.filter(person__in=person_ids).values_list(
            "person_id", "kind", "ends_on", "step_days"
        )
    )
    fresh = [
        each
        for each in batch
        if (each.person_id, each.kind, each.ends_on, each.step_days) not in told
    ]
    if not fresh:
        return []
    people = StaffMember.objects.select_related("user").in_bulk({each.person_id for each in fresh})
    focals = focals_of({each.unit_id for each in fresh}, local_day(at), ANSWERING_ROLES)
    channels = []
    with transaction.atomic():
        for each in fresh:
            reminder = remind_one(
                each,
                people[each.person_id],
                focals.nearest(each.unit_id, besides=each.person_id),
                titles,
                at=at,
            )
            if reminder is not None:
                channels.append(reminder.channel)
        if channels:
            audit.log(
                "reminder.send",
                Unit.objects.get(pk=fresh[0].unit_id),
                actor=None,
                at=at,
                reminders=len(channels),
            )
    return channels


def remind_one(
    item: Coming,
    person: StaffMember,
    focals: list[User],
    titles: dict[int, str],
    *,
    at: datetime,
) -> Reminder | None:
    """Write the reminder and its letter; ``None`` if another run was faster."""
    account = getattr(person, "user", None)
    if account is not None and not account.is_active:
        account = None
    address = (account.email if account else "") or person.work_email
    day = local_day(at)
    key = f"reminder:{person.key}:{item.kind}:{item.ends_on:%Y-%m-%d}:{item.step_days}"
    try:
        with transaction.atomic():
            notice = None
            if address:
                notice = queue_notice(
                    account if account and account.email else None,
                    DUE_KIND if item.kind == ReminderKind.DUE else EXPIRY_KIND,
                    context={
                        "name": str(person),
                        "portal": office().portal_name,
                        "day": f"{item.ends_on:%d/%m/%Y}",
                        "days": (item.ends_on - day).days,
                        "courses": "\n".join(
                            f"- {titles[bit]}" for bit in bits_of(item.courses) if bit in titles
                        ),
                        "focal": "; ".join(contact_of(focal) for focal in focals)
                        or office().owner_name,
                        "link": settings.SITE_URL + reverse("target:learning"),
                    },
                    dedupe_key=key,
                    address=address,
                    at=at,
                )
            return Reminder.objects.create(
                person=person,
                unit_id=item.unit_id,
                kind=item.kind,
                ends_on=item.ends_on,
                step_days=item.step_days,
                courses=item.courses,
                channel=Channel.EMAIL if notice else Channel.PRINT,
                notice=notice,
                told_at=at,
                told_on=day,
            )
    except IntegrityError:
        return None


def contact_of(user: User) -> str:
    """Return name and work phone of a focal person, as a letter prints them."""
    phone = user.staff.work_phone if user.staff else ""
    return ", ".join(part for part in (user.display_name, phone) if part)


def send_copies(day: date, *, at: datetime) -> int:
    """Send each focal person one letter on the reminders of ``day`` she was not told of yet.

    A reminder of a focal person herself is copied to the next focal person above.
    """
    units = Reminder.objects.filter(told_on=day).values_list("unit_id", flat=True).distinct()
    copies = 0
    for unit_ids in batches(units.order_by("unit_id"), BATCH):
        focals = focals_of(unit_ids, day, ANSWERING_ROLES)
        wanted: dict[User, Q] = {}
        for unit_id in unit_ids:
            near = focals.nearest(unit_id)
            for focal in near:
                others = Q(unit=unit_id) & ~Q(person=focal.staff_id)
                wanted[focal] = wanted.get(focal, Q(pk__in=[])) | others
            if len(near) == 1 and near[0].staff_id:
                for focal in focals.nearest(unit_id, besides=near[0].staff_id):
                    about = Q(unit=unit_id, person=near[0].staff_id)
                    wanted[focal] = wanted.get(focal, Q(pk__in=[])) | about
        copies += sum(
            send_copy(focal, which, day, at=at) for focal, which in wanted.items() if focal.email
        )
    return copies


@transaction.atomic
def send_copy(focal: User, which: Q, day: date, *, at: datetime) -> bool:
    """Queue the copy for ``focal``; tell whether there was anything new to tell."""
    User.objects.select_for_update().get(pk=focal.pk)
    fresh = list(
        Reminder.objects.filter(which, told_on=day)
        .exclude(copies__recipient=focal)
        .select_related("person")
        .order_by("person__sort_name", "pk")
    )
    if not fresh:
        return False
    names = names_on(list({reminder.unit_id for reminder in fresh}), day)
    lines = [
        f"- {reminder.person} ({names[reminder.unit_id].full_name}): "
        f"{'hạn' if reminder.kind == ReminderKind.DUE else 'còn giá trị đến'} "
        f"{reminder.ends_on:%d/%m/%Y}"
        + ("" if reminder.channel == Channel.EMAIL else " – chưa có thư điện tử")
        for reminder in fresh[:MOST_NAMES]
    ]
    if len(fresh) > MOST_NAMES:
        lines.append(f"- và {len(fresh) - MOST_NAMES} cán bộ khác")
    notice = queue_notice(
        focal,
        COPY_KIND,
        context={
            "name": focal.display_name,
            "portal": office().portal_name,
            "day": f"{day:%d/%m/%Y}",
            "count": len({reminder.person_id for reminder in fresh}),
            "people": "\n".join(lines),
            "link": settings.SITE_URL + reverse("target:reminders"),
        },
        dedupe_key=f"{COPY_KIND}:{day:%Y-%m-%d}:{focal.pk}:{max(each.pk for each in fresh)}",
        at=at,
    )
    ReminderCopy.objects.bulk_create(
        ReminderCopy(reminder=reminder, recipient=focal, notice=notice) for reminder in fresh
    )
    return True


@transaction.atomic
def hand_over(reminders: list[Reminder], *, actor: User, at: datetime) -> int:
    """Note that the printed reminders were given in person; return how many were noted now.

    One that went by e-mail, or was handed over before, is passed over.
    """
    ids = [each.pk for each in reminders]
    waiting = (
        Reminder.objects.select_for_update(of=("self",))
        .filter(pk__in=ids, channel=Channel.PRINT, handover=None)
        .select_related("person", "unit")
        .order_by("pk")
    )
    noted = [
        ReminderHandover(reminder=each, handed_at=at, handed_on=local_day(at), handed_by=actor)
        for each in waiting
    ]
    ReminderHandover.objects.bulk_create(noted)
    for row in noted:
        audit.log(
            "reminder.hand_over",
            row.reminder,
            actor=actor,
            at=at,
            person=row.reminder.person,
            unit=row.reminder.unit,
        )
    return len(noted)
