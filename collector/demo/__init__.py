"""The demo: a real collector, synthetic players in processes of their own, and an operator who asks before letting them in."""
