"""The WSGI entry."""

from app import create_app

app = create_app()
