"""What commands are told by name, and how a shell completes it."""
