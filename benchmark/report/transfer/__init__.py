"""What a model keeps where it is trained on other recordings than it is tested on."""
