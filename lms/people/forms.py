"""What people type to enter, to prove who they are, and to say that something is wrong."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lms.people.accounts import CodeExpired, CodeRefused, CodeUsed, find_code
from lms.people.models import CorrectionRequest, User
from lms.people.models.accounts import Role
from lms.people.models.records import CorrectionSubject
from lms.people.text import clean
from lms.people.units import UnknownUnit, get_unit_version

# A password is hashed whole; what is longer than this is not typed by a person.
LONGEST_PASSWORD = 1000


def password_field(label: Any, autocomplete: str, **options: Any) -> forms.CharField:
    """A password as typed: nothing stripped, nothing shown again after an error."""
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(
        label=label, strip=False, max_length=LONGEST_PASSWORD, widget=widget, **options
    )


class SignInForm(forms.Form):
    identifier = forms.CharField(
        label=_("Staff code, phone number or e-mail"),
        max_length=254,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    password = password_field(_("Password"), "current-password")


class ForgottenPasswordForm(forms.Form):
    identifier = forms.CharField(
        label=_("Staff code, phone number or e-mail"),
        max_length=254,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )


class NewPasswordForm(forms.Form):
    """A new password typed twice, checked against the rules for ``user``."""

    password = password_field(
        _("New password"),
        "new-password",
        help_text=_(
            "At least 10 characters. Several words in a row are good and easy to keep in mind."
        ),
    )
    password_again = password_field(_("New password once more"), "new-password")

    user: User | None = None

    def clean(self) -> dict[str, Any]:
        typed = super().clean()
        password, again = typed.get("password"), typed.get("password_again")
        if password and again and password != again:
            self.add_error("password_again", _("The two passwords differ."))
        if password:
            try:
                validate_password(password, self.user)
            except ValidationError as refusal:
                self.add_error("password", refusal)
        return typed


class OpenAccountForm(NewPasswordForm):
    """A one-time code and the first or new password; writes nothing itself."""

    code = forms.CharField(
        label=_("Code on the slip"),
        max_length=80,
        help_text=_("26 letters and digits. Small letters and missing hyphens do not matter."),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )
    field_order = ["code", "password", "password_again"]

    def __init__(self, *args: Any, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.at = at

    def clean_code(self) -> str:
        code = self.cleaned_data["code"]
        try:
            self.user = find_code(code, at=self.at).user
        except CodeRefused as refusal:
            raise ValidationError(refusal_text(refusal)) from refusal
        return code


def refusal_text(refusal: CodeRefused) -> Any:
    """Return why a one-time code opens nothing and what to do about it."""
    if isinstance(refusal, CodeUsed):
        return _("This code has been used. Sign in with your password, or ask for a new code.")
    if isinstance(refusal, CodeExpired):
        return _("This code is too old. Ask the focal person of your unit for a new one.")
    return _("This code is not known. Look at the slip again, or ask for a new one.")


class ChangePasswordForm(NewPasswordForm):
    old_password = password_field(_("Present password"), "current-password")
    field_order = ["old_password", "password", "password_again"]


class SecondFactorForm(forms.Form):
    code = forms.CharField(
        label=_("Code of 6 digits"),
        max_length=40,
        help_text=_("From the authenticator app on your phone, or a recovery code."),
        widget=forms.TextInput(attrs={"class": "code", "autocomplete": "one-time-code"}),
    )


class EnrolForm(forms.Form):
    code = forms.CharField(
        label=_("Code of 6 digits"),
        max_length=20,
        help_text=_("As the app shows it now."),
        widget=forms.TextInput(
            attrs={"class": "code", "autocomplete": "one-time-code", "inputmode": "numeric"}
        ),
    )


class CorrectionForm(forms.Form):
    subject = forms.ChoiceField(
        label=_("What is wrong"), choices=CorrectionSubject, widget=forms.RadioSelect
    )
    text = forms.CharField(
        label=_("What is right"),
        max_length=1000,
        help_text=_(
            "For example: my name is written Hoà, not Hòa. Please write nothing about a victim."
        ),
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def clean_text(self) -> str:
        return clean(self.cleaned_data["text"])


class RoleForm(forms.Form):
    """A role over a unit, named by its code, from one day to another."""

    role = forms.ChoiceField(label=_("Role"), choices=Role)
    unit_code = forms.CharField(
        label=_("Code of the unit"),
        max_length=20,
        help_text=_("For example 49 for the province, 502 for a district, 20335 for a commune."),
    )
    valid_from = forms.DateField(label=_("First day"))
    last_day = forms.DateField(label=_("Last day"), required=False)

    def clean(self) -> dict[str, Any]:
        """Replace the code by the unit that has it on the first day."""
        typed = super().clean()
        if typed.get("unit_code") and typed.get("valid_from"):
            try:
                version = get_unit_version(typed["unit_code"], typed["valid_from"])
            except UnknownUnit as refusal:
                self.add_error("unit_code", unknown_unit_text(refusal))
            else:
                typed["unit_code"] = version.unit
        return typed


def unknown_unit_text(refusal: UnknownUnit) -> str:
    """Return that no unit has this code, and what it became where that is known."""
    text = gettext("No unit has this code on that day.")
    if refusal.successors:
        became = gettext("It became: %(units)s.") % {"units": ", ".join(refusal.successors)}
        text = f"{text} {became}"
    return text


class AnswerForm(forms.Form):
    full_name = forms.CharField(
        label=_("Name as it should be"),
        max_length=120,
        required=False,
        help_text=_("Change it only if the name is wrong."),
    )
    answer = forms.CharField(
        label=_("Answer to the person"),
        max_length=1000,
        help_text=_("What was put right, or where the person should turn."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, request: CorrectionRequest, **kwargs: Any) -> None:
        super().__init__(*args, initial={"full_name": request.person.full_name}, **kwargs)
        self.known_name = request.person.full_name
        if request.subject != CorrectionSubject.NAME:
            del self.fields["full_name"]

    def clean_answer(self) -> str:
        return clean(self.cleaned_data["answer"])

    def changed_name(self) -> str:
        """Return the corrected name, or "" where it stays as it is."""
        name = clean(self.cleaned_data.get("full_name", ""))
        return "" if name == self.known_name else name
