"""Entry point for gunicorn: ``gunicorn -c gateway/gunicorn.conf.py gateway.wsgi:application``."""

from __future__ import annotations

from common import logs
from common.settings import Settings
from gateway.app import create_app

logs.configure(Settings().log_level, "gateway")
application = create_app()
