"""Calibration curves as what pages show (`calibration_section`) and as data (`curve_export`)."""
