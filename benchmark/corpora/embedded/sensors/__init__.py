"""Simulated sensors, one file each: from sound and movement to the signal of a sensor."""
