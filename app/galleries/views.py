"""Pages of galleries."""

from flask import Blueprint

blueprint = Blueprint("galleries", __name__)
