"""Pictures: BMP sequences, video, and the raw frames of ultrasound with their geometry."""
