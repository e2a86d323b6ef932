"""Hooks for game frameworks. Import the one you need; nothing here is loaded before."""
