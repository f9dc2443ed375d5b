"""Détente: share data on cyberattacks between parties who do not trust each other."""

__version__ = "0.1.0"
