"""Figures that only a project has: stretches with what people and models say of them, types, order, days."""
