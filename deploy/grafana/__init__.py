"""Grafana's dashboards, built here and written as JSON by ``python -m deploy.grafana``."""
