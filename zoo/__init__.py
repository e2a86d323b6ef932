"""Synthetic players, honest and not: what the tests, the demo and the evaluation let play. None of them is a person."""
