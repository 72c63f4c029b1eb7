"""Entry point for gunicorn: ``gunicorn fusion_service.wsgi:application``."""

from __future__ import annotations

from common import logs
from common.settings import Settings
from fusion_service.app import create_app

logs.configure(Settings().log_level, "fusion")
application = create_app()
