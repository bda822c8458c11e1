"""Backstage inside other things: plain scripts, web frameworks, Django. Each module loads only its own framework."""
