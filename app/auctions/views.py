"""Pages of auctions."""

from flask import Blueprint

blueprint = Blueprint("auctions", __name__)

from app.auctions import models as _models  # noqa: E402,F401
