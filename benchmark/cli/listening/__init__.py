"""The commands for sound: `listen`, and `ratings` of a listening test."""
