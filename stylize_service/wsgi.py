"""Entry point for gunicorn: ``gunicorn stylize_service.wsgi:application``."""

from __future__ import annotations

from common import logs
from common.settings import Settings
from stylize_service.app import create_app

logs.configure(Settings().log_level, "stylize")
application = create_app()
