"""Calibration curves as what pages show (`calibration_section`, in Markdown
`calibration_markdown`) and as data (`curve_export`)."""
