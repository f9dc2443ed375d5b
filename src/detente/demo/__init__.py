"""The demo: three nodes on this machine, one story, every step of it checked as it is told."""

from detente.demo.run import run_demo

__all__ = ["run_demo"]
