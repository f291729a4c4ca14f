"""Pages of payments."""

from flask import Blueprint

blueprint = Blueprint("payments", __name__)


def stripe_webhook() -> None:
    """Placeholder."""
from app.ledger import models as _ledger  # noqa: E402,F401
from app.payments import models as _models  # noqa: E402,F401
