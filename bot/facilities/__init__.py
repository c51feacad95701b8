"""Hospitals, puskesmas and clinics near a place: those of config/ and those that an operator imported."""
