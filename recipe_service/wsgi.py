"""Entry point for gunicorn: ``gunicorn recipe_service.wsgi:application``."""

from __future__ import annotations

from common import logs
from common.settings import Settings
from recipe_service.app import create_app

logs.configure(Settings().log_level, "recipe")
application = create_app()
