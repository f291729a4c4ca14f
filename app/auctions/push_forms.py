"""What a browser tells of itself when it asks for notices."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField

from app.core.webpush import BadTarget, Target, check
from app.web.forms import Form, Given, TextField


class BrowserField(TextField):
    """A value that a script fills in."""

    widget = HiddenField.widget


class EndpointForm(Form):
    """Which browser: where its notices go."""

    endpoint = BrowserField(
        validators=[Given(_l("Your browser did not say where to send notices. Try once more."))], longest=1000
    )


class SubscriptionForm(EndpointForm):
    """A browser, and the keys that notices to it are encrypted with."""

    p256dh = BrowserField(longest=120)
    auth = BrowserField(longest=60)

    @property
    def target(self) -> Target:
        return Target(self.endpoint.data or "", self.p256dh.data or "", self.auth.data or "")

    def validate(self, extra_validators: Any = None) -> bool:
        """What is wrong with the keys is told of the browser: nobody typed them."""
        if not super().validate(extra_validators):
            return False
        try:
            check(self.target)
        except BadTarget:
            self.endpoint.errors = [_l("Notices cannot be sent to this browser. Mails come all the same.")]
            return False
        return True
